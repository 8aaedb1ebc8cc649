// SPDX-License-Identifier: GPL-2.0-only

import KernelTree
import Testing

/// The one name of a file that can be come to by many.
@Suite struct NormalizedPathTests {
  @Test(arguments: [
    ("/a/b.h", "/a/b.h"), ("/a//b.h", "/a/b.h"), ("a//b.h", "a/b.h"), ("/a/./b.h", "/a/b.h"),
    ("/a/../b.h", "/b.h"), ("/a/c/../../b/./c//d.h", "/b/c/d.h"), ("/../b.h", "/b.h"),
    ("../b.h", "../b.h"), ("a/../../b.h", "../b.h"), ("./b.h", "b.h"), ("/a/..b.h", "/a/..b.h"),
    ("/", "/"), ("", ""),
  ])
  func detoursAreLeftOut(path: String, plain: String) {
    #expect(path.normalizedPath == plain)
  }
}
