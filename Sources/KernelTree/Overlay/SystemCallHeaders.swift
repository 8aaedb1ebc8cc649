// SPDX-License-Identifier: GPL-2.0-only

/// The system call numbers that headers refer to, from the tree's own tables.
/// scripts/syscallhdr.sh and arch/*/kernel/syscalls/Makefile.
struct SystemCallHeaders {
  let root: String
  let architecture: String

  private struct Call {
    let number: String
    let abi: String
    let name: String
  }

  /// How the numbers of one header are written.
  private struct Numbering {
    let header: String
    /// What the numbers are for: the end of the table's name, or the abi in it.
    let abi: String
    var prefix = ""
    var offset = ""
    /// The macro that holds the count of calls.
    var count: String?
  }

  func all() -> [String: String] {
    var headers: [String: String] = [:]
    let base = "arch/\(architecture)/include/generated"
    for numbering in numberings {
      let calls = table(for: numbering.abi).filter { accepts($0.abi, for: numbering.abi) }
      var lines: [String] = []
      var seen: Set<String> = []
      for call in calls {
        guard seen.insert(call.name).inserted else { continue }
        let number =
          numbering.offset.isEmpty ? call.number : "(\(numbering.offset) + \(call.number))"
        lines.append("#define __NR_\(numbering.prefix)\(call.name) \(number)")
      }
      let next = (calls.compactMap { Int($0.number) }.max() ?? 0) + 1
      lines.append("#ifdef __KERNEL__\n#define __NR_\(numbering.prefix)syscalls \(next)\n#endif")
      if let count = numbering.count { lines = ["#define \(count) \(next)"] }
      headers["\(base)/\(numbering.header)"] = lines.joined(separator: "\n") + "\n"
    }
    return headers
  }

  private var numberings: [Numbering] {
    switch architecture {
    case "x86":
      [
        Numbering(header: "uapi/asm/unistd_32.h", abi: "32"),
        Numbering(header: "uapi/asm/unistd_64.h", abi: "64"),
        Numbering(header: "uapi/asm/unistd_x32.h", abi: "x32", offset: "__X32_SYSCALL_BIT"),
        Numbering(header: "asm/unistd_32_ia32.h", abi: "32", prefix: "ia32_"),
        Numbering(header: "asm/unistd_64_x32.h", abi: "x32", prefix: "x32_"),
      ]
    case "arm":
      [
        Numbering(header: "uapi/asm/unistd-eabi.h", abi: "eabi", offset: "__NR_SYSCALL_BASE"),
        Numbering(header: "uapi/asm/unistd-oabi.h", abi: "oabi", offset: "__NR_SYSCALL_BASE"),
        Numbering(header: "asm/unistd-nr.h", abi: "eabi", count: "__NR_syscalls"),
      ]
    case "mips":
      ["n32", "n64", "o32"].flatMap { abi in
        [
          Numbering(header: "uapi/asm/unistd_\(abi).h", abi: abi, offset: "__NR_Linux"),
          Numbering(
            header: "asm/unistd_nr_\(abi).h",
            abi: abi,
            count: "__NR_\(abi)_Linux_syscalls"
          ),
        ]
      }
    default:
      [
        Numbering(header: "uapi/asm/unistd_32.h", abi: "32"),
        Numbering(header: "uapi/asm/unistd_64.h", abi: "64"),
        Numbering(header: "asm/unistd_32.h", abi: "32"),
        Numbering(header: "asm/unistd_compat_32.h", abi: "32", prefix: "compat32_"),
        Numbering(header: "asm/unistd_nr.h", abi: "64", count: "NR_syscalls"),
      ]
    }
  }

  private func accepts(_ abi: String, for wanted: String) -> Bool {
    let excluded =
      switch wanted {
      case "64": ["32", "x32", "i386", "compat"]
      case "32": ["64", "x32"]
      case "x32": ["32", "64", "i386"]
      case "eabi": ["oabi"]
      default: [String]()
      }
    return !excluded.contains(abi)
  }

  private func table(for abi: String) -> [Call] {
    let stem = abi == "x32" ? "64" : abi
    let base = "\(root)/arch/\(architecture)"
    let candidates = [
      "\(base)/entry/syscalls/syscall_\(stem).tbl", "\(base)/kernel/syscalls/syscall_\(stem).tbl",
      "\(base)/kernel/syscalls/syscall.tbl", "\(base)/tools/syscall_\(stem).tbl",
      "\(base)/tools/syscall.tbl", "\(root)/scripts/syscall.tbl",
    ]
    guard let path = candidates.first(where: FileSystem.isRegularFile),
      let bytes = FileSystem.contents(path, limitBytes: 4 << 20)
    else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
      let words = line.split(whereSeparator: \.isWhitespace)
      guard words.count >= 3, words[0].allSatisfy(\.isNumber) else { return nil }
      return Call(number: String(words[0]), abi: String(words[1]), name: String(words[2]))
    }
  }
}
