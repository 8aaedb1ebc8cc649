// SPDX-License-Identifier: GPL-2.0-only

/// The wrappers that lead from `asm/x.h` to `asm-generic/x.h`. scripts/Makefile.asm-headers.
struct AsmWrappers {
  private let root: String
  private let architecture: String
  /// The headers that other rules generate, relative to the overlay's root.
  let promised: [String]
  private let wrapped: [String: String]

  init(root: String, architecture: String) {
    self.root = root
    self.architecture = architecture
    var promised: [String] = []
    var wrapped: [String: String] = [:]
    for (kind, generic) in [("asm", "asm-generic"), ("uapi/asm", "uapi/asm-generic")] {
      let source = "\(root)/arch/\(architecture)/include/\(kind)"
      let target = "arch/\(architecture)/include/generated/\(kind)"
      let own = Self.read("\(source)/Kbuild")
      let common = Self.read("\(root)/include/\(generic)/Kbuild")
      let generated = own.words(of: "generated-y") + own.words(of: "syscall-y")
      promised += generated.map { "\(target)/\($0)" }
      let mandatory = common.words(of: "mandatory-y").filter { name in
        !generated.contains(name) && !FileSystem.isRegularFile("\(source)/\(name)")
      }
      for name in own.words(of: "generic-y") + mandatory {
        wrapped["\(target)/\(name)"] = "#include <asm-generic/\(name)>\n"
      }
    }
    self.promised = promised
    self.wrapped = wrapped
  }

  func all() -> [String: String] { wrapped }

  /// Every generated header as it is included: `asm/x.h`.
  var names: Set<String> {
    Set((wrapped.keys + promised).map { "asm/\($0.lastPathComponent)" })
  }

  private static func read(_ path: String) -> MakefileReader {
    var reader = MakefileReader(
      configuration: KernelConfiguration(),
      predefined: [:],
      readFile: { _ in nil },
      fileExists: { _ in false }
    )
    if let bytes = FileSystem.contents(path, limitBytes: 1 << 20) {
      reader.read(String(decoding: bytes, as: UTF8.self))
    }
    return reader
  }
}
