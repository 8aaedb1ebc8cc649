// SPDX-License-Identifier: GPL-2.0-only

/// A kernel release as the top-level Makefile states it: `VERSION.PATCHLEVEL.SUBLEVELEXTRAVERSION`.
///
/// Releases order by their numbers; the extra version (`-rc3`, a vendor's suffix) does not take part.
public struct KernelRelease: Hashable, Sendable, Codable {
  public let version: Int
  public let patchlevel: Int
  public let sublevel: Int
  /// `EXTRAVERSION` as written, usually empty or `-rcN`.
  public let extra: String

  public init(_ version: Int, _ patchlevel: Int, _ sublevel: Int = 0, extra: String = "") {
    self.version = version
    self.patchlevel = patchlevel
    self.sublevel = sublevel
    self.extra = extra
  }
}

extension KernelRelease: Comparable {
  public static func < (left: KernelRelease, right: KernelRelease) -> Bool {
    (left.version, left.patchlevel, left.sublevel)
      < (right.version, right.patchlevel, right.sublevel)
  }
}

extension KernelRelease: CustomStringConvertible {
  /// `6.12` when there is no sublevel, `6.12.117` when there is.
  public var description: String {
    // Before 3.0 a release had three numbers even when the third was 0.
    let short = sublevel == 0 && version >= 3
    return "\(version).\(patchlevel)\(short ? "" : ".\(sublevel)")\(extra)"
  }
}
