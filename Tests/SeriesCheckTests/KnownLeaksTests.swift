// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Foundation
import SeriesCheck
import Testing

/// What a patch leaves behind beside what was left behind before it.
@Suite struct KnownLeaksTests {
  private func leak(_ line: Int, _ message: String = "is still held when f() has failed") -> Finding
  {
    Finding(
      id: "dma-leak",
      severity: .error,
      location: SourceLocation(path: "f.c", line: line),
      message: message
    )
  }

  private func additions(
    _ before: [Finding],
    _ old: String,
    _ after: [Finding],
    _ new: String
  ) -> [Int] {
    KnownLeaks(before, in: Data(old.utf8)).additions(in: after, Data(new.utf8)).map(\.location.line)
  }

  @Test func aLeakThatMovesToAnotherLineIsKnown() {
    #expect(additions([leak(1)], "\tmap(a);\n", [leak(2)], "\n\tmap(a);\n") == [])
  }

  @Test func aLeakOfWhatIsMappedOtherwiseIsKnown() {
    #expect(additions([leak(1)], "map(a);\n", [leak(1)], "link(a);\n") == [])
  }

  @Test func oneMoreLeakOfTheSameFunctionIsNew() {
    #expect(additions([leak(1)], "map(a);\n", [leak(1), leak(2)], "map(a);\nmap(b);\n") == [2])
    #expect(additions([leak(1)], "map(a);\n", [leak(1), leak(2)], "map(b);\nmap(a);\n") == [1])
  }

  @Test func aLeakOfAnotherFunctionIsNew() {
    let other = leak(1, "is still held when g() has failed")
    #expect(additions([leak(1)], "map(a);\n", [other], "map(a);\n") == [1])
  }
}
