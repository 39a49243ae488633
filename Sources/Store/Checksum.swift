import Crypto
import FoundationEssentials

/// SHA-256 of a text's UTF-8 bytes, in hexadecimal.
func sha256(_ text: String) -> String {
    hexadecimal(SHA256.hash(data: Data(text.utf8)))
}

/// SHA-256 of bytes, in hexadecimal.
func sha256(_ bytes: [UInt8]) -> String {
    hexadecimal(SHA256.hash(data: bytes))
}

private func hexadecimal(_ digest: SHA256.Digest) -> String {
    digest.map { byte in
        let digits = String(byte, radix: 16)
        return byte < 16 ? "0" + digits : digits
    }.joined()
}
