// SPDX-License-Identifier: GPL-2.0-only

import Testing

/// What `twostep scan` says of a cache that comes to be of no use while it runs.
@Suite struct CacheErrorTests {
  /// The flags of files are kept while files are parsed; here there are no facts to keep.
  @Test func flagsThatCannotBeKeptAreSaid() throws {
    let directory = try TemporaryDirectory()
    let header = String(repeating: "ruff_", count: 80_000) + ".h"
    let text = """
      #include <\(header)>
      int ruff(void *dev, void *data)
      {
      \treturn dma_map_single(dev, data, 64, 1);
      }

      """
    _ = try ScanTests.copy(into: directory, adding: ["tools/ruff/ruff.c": text])
    // No file may grow beyond 200 KB: what is kept of the long name does not fit.
    let (status, output) = try Program.shell(
      "trap '' XFSZ; ulimit -f 200; twostep scan tree tools/ruff --cache cache",
      in: directory.path
    )
    #expect(status == 0, "\(output)")
    #expect(output.contains("cannot use the cache "), "\(output)")
  }
}
