// SPDX-License-Identifier: GPL-2.0-only

/// What all files of one architecture are compiled with.
struct ArchitectureContext: Sendable {
  let architecture: Architecture
  let configuration: KernelConfiguration
  /// The directory with the generated headers; nil when they are in the overlay.
  let buildDirectory: String?
  let overlay: HeaderOverlay?
  let arguments: [String]

  init(prepared architecture: Architecture, root: String, build: String) {
    self.architecture = architecture
    buildDirectory = build
    overlay = nil
    let text = FileSystem.contents("\(build)/.config").map { String(decoding: $0, as: UTF8.self) }
    configuration = KernelConfiguration(dotConfig: text ?? "")
    arguments = Self.arguments(architecture, configuration, root: root, generated: build)
  }

  init(unprepared architecture: Architecture, tree: KernelTree, database: KconfigDatabase) {
    self.architecture = architecture
    buildDirectory = nil
    var solver = KconfigSolver(database, fixed: Self.fixedValues(architecture))
    let configuration = solver.run()
    self.configuration = configuration
    let overlay = HeaderOverlay(
      tree: tree,
      architecture: architecture,
      configuration: configuration
    )
    self.overlay = overlay
    arguments = Self.arguments(
      architecture,
      configuration,
      root: tree.root,
      generated: overlay.root
    )
  }

  /// The include path and the options that the top-level Makefile gives to every file.
  private static func arguments(
    _ architecture: Architecture,
    _ configuration: KernelConfiguration,
    root: String,
    generated: String
  ) -> [String] {
    let name = architecture.name
    var arguments = ["--target=\(architecture.target)", "-nostdinc"]
    let includes = [
      "\(root)/arch/\(name)/include", "\(generated)/arch/\(name)/include/generated",
      "\(root)/include", "\(generated)/include",
      "\(root)/arch/\(name)/include/uapi", "\(generated)/arch/\(name)/include/generated/uapi",
      "\(root)/include/uapi", "\(generated)/include/generated/uapi",
    ]
    var seen: Set<String> = []
    arguments += includes.filter { seen.insert($0).inserted }.map { "-I\($0)" }
    for header in ["compiler-version.h", "kconfig.h", "compiler_types.h"] {
      let path = "\(root)/include/linux/\(header)"
      if FileSystem.isRegularFile(path) { arguments += ["-include", path] }
    }
    arguments += [
      "-D__KERNEL__", "-std=gnu11", "-fshort-wchar", "-funsigned-char", "-fno-common",
      "-fno-PIE", "-fno-strict-aliasing", "-O2", "-w", "-ferror-limit=0",
    ]
    // Structs as members without a name, since Linux 6.19; later ones ask the compiler for less.
    if configuration["CC_MS_EXTENSIONS"] != nil
      || read("\(root)/Makefile")?.contains("-fms-extensions") == true
    {
      arguments.append("-fms-extensions")
    }
    arguments += architecture.includes.map { "-I\(root)/\($0)" }
    return arguments + architecture.flags
  }

  /// What the solver cannot know from the files: the compiler, and the variant of an architecture
  /// that drivers are written for.
  private static func fixedValues(_ architecture: Architecture) -> [String: String] {
    var values = [
      "CC_IS_GCC": "n", "GCC_VERSION": "0", "CC_IS_CLANG": "y", "CLANG_VERSION": "190100",
      "AS_IS_GNU": "y", "AS_IS_LLVM": "n", "AS_VERSION": "24000", "LD_IS_BFD": "y",
      "LD_VERSION": "24000", "LD_IS_LLD": "n", "LLD_VERSION": "0", "MODULES": "y",
      "COMPILE_TEST": "y", "RUST": "n", "WERROR": "n",
      "CFI_CLANG": "n", "RANDSTRUCT_NONE": "y", "CC_VERSION_TEXT": "clang",
      // From clang 22 on.
      "CC_HAS_ALLOC_TOKEN": "n",
      "CC_HAS_INT128": architecture.bits == 64 ? "y" : "n",
    ]
    for symbol in architecture.symbols { values[symbol] = "y" }
    return values
  }

  /// Evaluates a directory's Kbuild file or Makefile; nil when it has neither.
  func makefile(in directory: String, root: String) -> DirectoryMakefile? {
    // The top-level Makefile is the one that starts the build, not a list of objects.
    let names = directory.isEmpty ? ["Kbuild"] : ["Kbuild", "Makefile"]
    let source = directory.isEmpty ? root : "\(root)/\(directory)"
    guard let path = names.map({ "\(source)/\($0)" }).first(where: FileSystem.isRegularFile),
      let text = Self.read(path)
    else { return nil }
    let build = buildDirectory ?? root
    var reader = MakefileReader(
      configuration: configuration,
      predefined: [
        "src": source, "obj": directory.isEmpty ? "." : directory, "srctree": root,
        "objtree": build, "srcroot": root, "abs_srctree": root, "abs_objtree": build,
        "SRCARCH": architecture.name, "ARCH": architecture.name,
        "BITS": String(architecture.bits), "KERNELRELEASE": "", "comma": ",",
      ],
      readFile: Self.read,
      fileExists: { FileSystem.isRegularFile($0) || FileSystem.isDirectory($0) }
    )
    reader.read(text)
    return DirectoryMakefile(directory: directory, reader: reader)
  }

  private static func read(_ path: String) -> String? {
    FileSystem.contents(path, limitBytes: 1 << 20).map { String(decoding: $0, as: UTF8.self) }
  }
}
