// SPDX-License-Identifier: GPL-2.0-only

internal import CLibGit2
internal import PatchSeries

/// Three-way merging of one file, with libgit2.
enum FileMerge {
  /// Nil when the contents cannot be merged, such as binary files.
  static func merge(base: Bytes, ours: Bytes, theirs: Bytes) -> MergedFile? {
    git_libgit2_init()
    defer { git_libgit2_shutdown() }
    return withInput(base) { base in
      withInput(ours) { ours in
        withInput(theirs) { theirs in
          var base = base
          var ours = ours
          var theirs = theirs
          var result = git_merge_file_result()
          guard git_merge_file(&result, &base, &ours, &theirs, nil) == 0 else { return nil }
          defer { git_merge_file_result_free(&result) }
          let content = Bytes(UnsafeRawBufferPointer(start: result.ptr, count: result.len))
          return MergedFile(content: content, isClean: result.automergeable != 0)
        }
      }
    }
  }

  private static func withInput(
    _ content: Bytes,
    _ body: (git_merge_file_input) -> MergedFile?
  ) -> MergedFile? {
    content.withUnsafeBytes { bytes in
      var input = git_merge_file_input()
      git_merge_file_input_init(&input, UInt32(GIT_MERGE_FILE_INPUT_VERSION))
      input.ptr = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      input.size = bytes.count
      return body(input)
    }
  }
}
