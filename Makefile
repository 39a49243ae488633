# make demo    set up, train both networks on MNIST, compare them
# make test    set up, run all tests
# make test-faults   kill, stop and starve trainings and servers, many times over
# make test-postgresql-18   run the tests that need a server with PostgreSQL 18
# make test-peers  predictions of PyTorch beside those of the networks here; PYTHON=… names an interpreter that has it
# make test-colour   cnn on a data set in colour as large as CIFAR-10, whose best possible accuracy is known
# make fuzz    give every reader of files made-up bytes for a minute, or SECONDS=… each
# make bench   measure the engine, beside PyTorch and JAX where they are installed
# make bench-sql   time the reading commands while the database grows to ten million misclassifications
# make bench-queue   claims a second, and how long a run waits for its trainer
# make build   the program, optimised: its path is printed
SHELL := /bin/sh
# The same flags for every optimised program: what one has compiled serves the others.
RELEASE := --configuration release --static-swift-stdlib
# Tests that compute keep the few threads of those that wait: more at once are no faster, and starve each other.
TEST := swift test --skip-build --experimental-maximum-parallelization-width 4
.DEFAULT_GOAL := build
.PHONY: demo test test-faults test-postgresql-18 test-peers test-colour fuzz build bench bench-sql bench-queue dictionary smoke lint format clean packages

packages:
	@scripts/install-packages

build: packages
	scripts/timed swift build $(RELEASE) --product registry
	@echo "$$(swift build --configuration release --show-bin-path)/registry"

demo: build
	@scripts/demo

test:
	@scripts/timed scripts/install-packages postgresql-15-pgtap pgbouncer systemd librsvg2-bin
	@scripts/timed scripts/install-onnxruntime
	@scripts/timed scripts/install-scikit-learn
	@scripts/timed swift build --build-tests
	@scripts/timed $(TEST)

# The long form of the fault tests; make test has a short one.
test-faults:
	@scripts/install-packages postgresql-15-pgtap pgbouncer
	swift build --build-tests
	FAULT_ROUNDS=long $(TEST) --filter FaultTests

# The server is the one of the first pg_config on the path.
test-postgresql-18:
	@scripts/install-packages postgresql-15-pgtap
	swift build --build-tests
	PATH="$$(scripts/install-postgresql-18):$$PATH" $(TEST) --filter '^(PostgreSQL|Store|registry)Tests'

test-peers:
	@scripts/install-packages
	@scripts/install-scikit-learn
	swift build --build-tests
	PEERS=1 PYTHON="$(or $(PYTHON),python3)" $(TEST) --filter PeerTests

# The long form of a test; make test has a short one.
test-colour:
	@scripts/install-packages
	swift build --build-tests
	COLOUR=whole $(TEST) --filter ColourNetworkTests

# libFuzzer with the address sanitiser; the executions are printed.
fuzz: packages
	@scripts/fuzz $(SECONDS)

# The engine's speed as tables; PYTHON=… names an interpreter with PyTorch and JAX to run beside it.
bench: packages
	swift build $(RELEASE) --product engine-benchmark
	@"$$(swift build --configuration release --show-bin-path)/engine-benchmark" | tee .build/benchmark.md

# The reading commands as a table; MNIST=… names a folder with the files of the data set, else they are downloaded.
bench-sql: build
	@Benchmarks/QueryBenchmark/query-benchmark "$$(swift build --configuration release --show-bin-path)/registry" $(MNIST)

bench-queue: packages
	swift build $(RELEASE) --product queue-benchmark
	@"$$(swift build --configuration release --show-bin-path)/queue-benchmark"

# The data dictionary, from the comments in a new database.
dictionary: build
	@scripts/data-dictionary

# The main job in short, checked: one epoch of each network, then what compare and SQL say of it.
smoke: build
	@scripts/timed scripts/smoke

lint:
	swift format lint --strict --recursive Sources Tests Benchmarks Fuzzing Plugins Package.swift

format:
	swift format --in-place --recursive Sources Tests Benchmarks Fuzzing Plugins Package.swift

clean:
	rm -rf .build
