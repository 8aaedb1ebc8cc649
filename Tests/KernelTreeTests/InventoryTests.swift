// SPDX-License-Identifier: GPL-2.0-only
import Foundation
import KernelAPI
import KernelTree
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Trees as people really have them: links, pipes, oddly named and enormous files.
struct InventoryTests {
  private let names = NameTable(["dma_map_page"])

  @Test func aKernelTreeIsRecognisedByItsMakefile() throws {
    let scratch = try ScratchTree()
    let tree = try KernelTree(path: scratch.path)
    #expect(tree.release == KernelRelease(6, 12, 3, extra: "-rc1"))
    #expect(tree.preparation == .unprepared)
    try scratch.write("include/generated/autoconf.h", "")
    #expect(try KernelTree(path: scratch.path).preparation == .inPlace)
  }

  @Test func aBuildDirectoryBelongsToATree() throws {
    let scratch = try ScratchTree()
    let build = try ScratchTree(makefile: "include \(scratch.path)/Makefile\n")
    #expect(throws: KernelTreeError.self) {
      try KernelTree(path: scratch.path, build: build.path)
    }
    try build.write("include/generated/autoconf.h", "")
    let tree = try KernelTree(path: scratch.path, build: build.path)
    #expect(tree.preparation == .buildDirectory(build.path))
    #expect(tree.buildDirectory == build.path)
    let error = #expect(throws: KernelTreeError.self) { try KernelTree(path: build.path) }
    #expect(error?.message.contains("build directory of another tree") == true)
  }

  @Test(arguments: [
    ("all:\n\ttrue\n", "states no VERSION and PATCHLEVEL"),
    ("VERSION = 6\nPATCHLEVEL = twelve\n", "states no VERSION and PATCHLEVEL"),
    (nil, "it has no readable Makefile"),
  ])
  func whatIsNoKernelTreeIsRefusedWithARemedy(makefile: String?, message: String) throws {
    let scratch = try ScratchTree(makefile: makefile)
    let error = #expect(throws: KernelTreeError.self) { try KernelTree(path: scratch.path) }
    #expect(error?.message.contains(message) == true)
    #expect(error?.message.contains("give the directory") == true)
  }

  @Test func aMissingDirectoryIsNamed() {
    let error = #expect(throws: KernelTreeError.self) {
      try KernelTree(path: "/nonexistent/linux")
    }
    #expect(error?.description == "/nonexistent/linux: no such file or directory")
  }

  @Test func everythingOddIsNotedAndNothingIsListedTwice() async throws {
    let scratch = try ScratchTree()
    let outside = try ScratchTree()
    try outside.write("foreign.c", "dma_map_page(1);")
    try scratch.write("drivers/a.c", "dma_map_page(1);")
    try scratch.write("drivers/nul.c", "dma_map_page(1);\0")
    try scratch.write("drivers/latin.c", bytes: Array("/* ".utf8) + [0xE9, 0x20])
    try scratch.write("drivers/plain.txt", "dma_map_page(1);")
    try scratch.write(".git/a.c", "dma_map_page(1);")
    try scratch.link("drivers/loop", to: "loop")
    try scratch.link("drivers/up", to: "..")
    try scratch.link("drivers/again.c", to: "a.c")
    try scratch.link("drivers/gone.c", to: "missing.c")
    try scratch.link("drivers/out.c", to: outside.path + "/foreign.c")
    try FileManager.default.createDirectory(
      atPath: scratch.path + "/drivers/dir.c",
      withIntermediateDirectories: true
    )
    #expect(mkfifo(scratch.path + "/drivers/pipe.c", 0o600) == 0)
    try scratch.writeSparse("drivers/huge.c", bytes: 100 << 20)
    try scratch.write("drivers/long.h", "x")

    let tree = try KernelTree(path: scratch.path)
    let inventory = try tree.inventory()
    let index = await tree.index(inventory, names: names, jobs: 2)
    #expect(
      inventory.files == [
        "drivers/a.c", "drivers/huge.c", "drivers/latin.c", "drivers/long.h", "drivers/nul.c",
      ]
    )
    #expect(index.files.map(\.path) == ["drivers/a.c", "drivers/nul.c"])
    #expect(
      index.notes.map(\.message).sorted() == [
        ".git: hidden directory, not searched",
        "drivers/again.c: symbolic link, searched as drivers/a.c",
        "drivers/gone.c: symbolic link to nothing",
        "drivers/huge.c: not searched: 104857600 bytes, more than the limit of 67108864",
        "drivers/latin.c: byte 3 is not utf-8; searched as bytes",
        "drivers/loop: symbolic link that leads back to itself",
        "drivers/nul.c: nul byte at 16; searched as bytes",
        "drivers/out.c: symbolic link out of the tree, to \(outside.path)/foreign.c",
        "drivers/pipe.c: has the name of a c file but is not a regular file",
        "drivers/up: symbolic link, searched as .",
      ]
    )
    #expect(index.searchedFiles == 4)
  }

  @Test func aFileThatVanishesIsNoted() async throws {
    let scratch = try ScratchTree()
    try scratch.write("a.c", "dma_map_page(1);")
    let tree = try KernelTree(path: scratch.path)
    let inventory = try tree.inventory()
    try FileManager.default.removeItem(atPath: scratch.path + "/a.c")
    let index = await tree.index(inventory, names: names, jobs: 1)
    #expect(
      index.notes.map(\.message) == ["a.c: cannot be read: no such file or directory"]
    )
    #expect(index.notes.map(\.isOmission) == [true])
  }

  @Test func aNameThatIsNotUTF8IsNoted() throws {
    let scratch = try ScratchTree()
    let path = Array(scratch.path.utf8) + [0x2F, 0xFF, 0x2E, 0x63, 0]
    let descriptor = path.withUnsafeBytes {
      open($0.bindMemory(to: CChar.self).baseAddress!, O_CREAT | O_WRONLY, 0o600)
    }
    try #require(descriptor >= 0)
    close(descriptor)
    let inventory = try KernelTree(path: scratch.path).inventory()
    #expect(inventory.files.isEmpty)
    #expect(inventory.notes.map(\.reason) == [.nameNotUTF8])
  }

  @Test func partsOfATreeCanBeAskedFor() throws {
    let scratch = try ScratchTree()
    try scratch.write("drivers/net/a.c", "")
    try scratch.write("drivers/usb/b.c", "")
    try scratch.write("mm/c.c", "")
    let tree = try KernelTree(path: scratch.path)
    #expect(try tree.inventory(under: ["drivers/net"]).files == ["drivers/net/a.c"])
    #expect(
      try tree.inventory(under: ["mm/c.c", scratch.path + "/drivers", "drivers/usb"]).files
        == ["drivers/net/a.c", "drivers/usb/b.c", "mm/c.c"]
    )
    #expect(throws: KernelTreeError.self) { try tree.inventory(under: ["sound"]) }
    let error = #expect(throws: KernelTreeError.self) { try tree.inventory(under: ["/etc"]) }
    #expect(error?.message == "lies outside the tree \(scratch.path)")
  }
}

/// A directory that looks like a kernel tree and is gone after the test.
final class ScratchTree {
  static let makefile = """
    # SPDX-License-Identifier: GPL-2.0
    VERSION = 6
    PATCHLEVEL = 12
    SUBLEVEL = 3
    EXTRAVERSION = -rc1
    NAME = Sample

    """

  let path: String

  init(makefile: String? = ScratchTree.makefile) throws {
    let directory = FileManager.default.temporaryDirectory
      .appending(path: "twostep-\(UUID().uuidString)")
    try FileManager.default.createDirectory(
      at: directory.appending(path: "include/linux"),
      withIntermediateDirectories: true
    )
    path = directory.resolvingSymlinksInPath().path
    if let makefile { try write("Makefile", makefile) }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ file: String, _ text: String) throws {
    try write(file, bytes: Array(text.utf8))
  }

  func write(_ file: String, bytes: [UInt8]) throws {
    let url = URL(filePath: path).appending(path: file)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(bytes).write(to: url)
  }

  func writeSparse(_ file: String, bytes: Int) throws {
    try write(file, "")
    #expect(truncate(path + "/" + file, bytes) == 0)
  }

  func link(_ file: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: path + "/" + file,
      withDestinationPath: target
    )
  }
}
