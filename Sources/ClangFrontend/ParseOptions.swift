// SPDX-License-Identifier: GPL-2.0-only

/// How to parse one C file.
public struct ParseOptions: Sendable {
  /// Compiler flags without the compiler's name and without the file. A precompiled header is
  /// named here too, by `-include-pch`.
  public var arguments: [String]
  /// Text that replaces, or stands in for, files on disk.
  public var unsavedFiles: [String: [UInt8]]
  /// Goes on after a fatal error such as a missing header.
  public var keepsGoing: Bool
  /// Leaves the bodies of all functions out; their prototypes stay.
  public var skipsFunctionBodies: Bool
  /// Declarations that came from a precompiled header are not enumerated, which saves walking
  /// through all of the kernel's headers; expressions can still refer to them.
  public var hidesPrecompiledDeclarations: Bool

  public init(
    arguments: [String] = [],
    unsavedFiles: [String: [UInt8]] = [:],
    keepsGoing: Bool = true,
    skipsFunctionBodies: Bool = false,
    hidesPrecompiledDeclarations: Bool = true
  ) {
    self.arguments = arguments
    self.unsavedFiles = unsavedFiles
    self.keepsGoing = keepsGoing
    self.skipsFunctionBodies = skipsFunctionBodies
    self.hidesPrecompiledDeclarations = hidesPrecompiledDeclarations
  }
}
