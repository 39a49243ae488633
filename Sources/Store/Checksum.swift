import Crypto
import FoundationEssentials

/// SHA-256 of a text's UTF-8 bytes, in hexadecimal.
func sha256(_ text: String) -> String { sha256(Array(text.utf8)) }

/// SHA-256 of bytes, in hexadecimal.
package func sha256(_ bytes: [UInt8]) -> String { SHA256.hash(data: bytes).hexadecimal }

extension SHA256.Digest {
    /// Its description is “SHA256 digest: …”.
    fileprivate var hexadecimal: String { String(description.suffix(2 * SHA256.byteCount)) }
}
