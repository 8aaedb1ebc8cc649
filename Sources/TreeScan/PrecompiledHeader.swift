// SPDX-License-Identifier: GPL-2.0-only

internal import ClangFrontend

/// The kernel's most used headers, parsed once for all files that share their flags.
enum PrecompiledHeader {
  /// The headers worth compiling beforehand: those that at least `threshold` of the files include
  /// and that exist for all of them, most used first as ties go by name.
  ///
  /// A header that few files use costs each of the others, and its macros may clash with a
  /// driver's own names.
  static func selection(from includes: [[String]], threshold: Int) -> [String] {
    var uses: [String: Int] = [:]
    for file in includes { for header in Set(file) { uses[header, default: 0] += 1 } }
    return uses.filter { $0.value >= threshold }
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map(\.key)
  }

  static func text(including headers: [String]) -> String {
    headers.map { "#include <\($0)>\n" }.joined()
  }

  static func build(path: String, arguments: [String], output: String) -> ParseReply {
    do {
      let files = try TranslationUnit.precompile(
        path,
        options: ParseOptions(arguments: arguments, skipsFunctionBodies: true),
        to: output
      )
      // The header itself is written anew by each scan.
      return .precompiled(files.filter { $0 != path })
    } catch {
      return .failed(reason: error.description)
    }
  }
}
