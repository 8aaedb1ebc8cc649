// SPDX-License-Identifier: GPL-2.0-only

internal import CLibGit2

/// The ids that git gives to contents.
public enum BlobID {
  /// What is hashed with its kind in front, so that the ids of different kinds differ.
  public enum Kind: Sendable {
    case blob
    case tree
  }

  /// libgit2 hashes once it has been set up, and stays so for the life of the process.
  private static let setUp = git_libgit2_init()

  /// Forty hexadecimal digits.
  public static func hex(_ kind: Kind = .blob, of content: Bytes) -> String {
    _ = setUp
    // The id of no object, should libgit2 refuse.
    var id = git_oid()
    let type = kind == .blob ? GIT_OBJECT_BLOB : GIT_OBJECT_TREE
    _ = content.withUnsafeBytes { git_odb_hash(&id, $0.baseAddress, $0.count, type) }
    return withUnsafeBytes(of: id.id) { digest in
      let digits = Array("0123456789abcdef".utf8)
      return String(unsafeUninitializedCapacity: 2 * digest.count) { text in
        for (index, byte) in digest.enumerated() {
          text[2 * index] = digits[Int(byte >> 4)]
          text[2 * index + 1] = digits[Int(byte & 15)]
        }
        return 2 * digest.count
      }
    }
  }
}
