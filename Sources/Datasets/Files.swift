import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Whether anything of that name is there.
func exists(_ path: FilePath) -> Bool { access(path.string, F_OK) == 0 }
