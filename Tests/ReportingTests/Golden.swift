// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Testing

/// Compares `text` with the committed file of that name.
///
/// With UPDATE_GOLDENS=1 the file is rewritten and the test fails, so that no run both changes
/// what is expected and reports success.
func expectGolden(_ text: String, _ name: String) throws {
  let file = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Goldens").appending(path: name)
  if ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1" {
    try Data(text.utf8).write(to: file)
    Issue.record("wrote \(name); run again without UPDATE_GOLDENS")
    return
  }
  let expected = try String(decoding: Data(contentsOf: file), as: UTF8.self)
  #expect(text == expected, "differs from \(name); UPDATE_GOLDENS=1 rewrites it")
}
