#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

func arcTangent(_ x: Double) -> Double { atan(x) }
