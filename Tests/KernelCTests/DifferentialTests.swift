// SPDX-License-Identifier: GPL-2.0-only

import ClangFrontend
import Foundation
import KernelC
import Testing

/// The system's C compiler, against which the interpreter is proved.
enum NativeCompiler {
  static let path = ["/usr/bin/gcc", "/usr/bin/cc", "/usr/bin/clang"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// What the functions return when the machine runs them.
  static func results(of text: String, functions: [String]) throws -> [UInt64] {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("twostep-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let source = directory.appendingPathComponent("program.c")
    let binary = directory.appendingPathComponent("program")
    var program = text + "\nint printf(const char *, ...);\nint main(void)\n{\n"
    for function in functions { program += "\tprintf(\"%lu\\n\", (unsigned long)\(function)());\n" }
    program += "\treturn 0;\n}\n"
    try program.write(to: source, atomically: true, encoding: .utf8)
    _ = try run(
      try #require(path),
      ["-std=gnu11", "-O0", "-w", "-fwrapv", "-funsigned-char", "-o", binary.path, source.path]
    )
    let output = try run(binary.path, [])
    return output.split(separator: "\n").compactMap { UInt64($0) }
  }

  private static func run(_ program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw BrokenFixture(message: "\(program) exited with \(process.terminationStatus)")
    }
    return String(decoding: output, as: UTF8.self)
  }
}

/// The interpreter and the machine agree.
@Suite(.enabled(if: NativeCompiler.path != nil, "no C compiler on this machine"))
struct DifferentialTests {
  /// `TWOSTEP_PROGRAMS` is the number of programs; CI runs 10,000. The compiler takes most of the time.
  static let programs =
    Int(ProcessInfo.processInfo.environment["TWOSTEP_PROGRAMS"] ?? "") ?? 500
  static let batch = 250
  static let seed =
    UInt64(ProcessInfo.processInfo.environment["TWOSTEP_SEED"] ?? "") ?? 20_260

  @Test(arguments: 0..<max(programs / batch, 1)) func generatedPrograms(_ number: Int) throws {
    var text = ProgramGenerator.prelude
    let names = (0..<Self.batch).map { "f\($0)" }
    for (index, name) in names.enumerated() {
      var generator = ProgramGenerator(seed: Self.seed &+ UInt64(number * Self.batch + index))
      text += generator.function(name)
    }
    let wanted = try NativeCompiler.results(of: text, functions: names)
    #expect(wanted.count == names.count)
    let lowered = try Lowered(text)
    #expect(lowered.diagnostics.filter { $0.severity >= .error } == [])
    let host = PlainHost()
    let interpreter = Interpreter(lowered.program, host: host)
    for (index, name) in names.enumerated() {
      let seed = Self.seed &+ UInt64(number * Self.batch + index)
      interpreter.reset()
      do throws(ExecutionStop) {
        let result = try interpreter.call(name, [])
        #expect(result == wanted[index], "seed \(seed)")
      } catch {
        Issue.record(
          "seed \(seed): \(error.message) at \(String(describing: interpreter.span(error.site)))"
        )
      }
    }
  }

  /// Every operator on every pair of 8-bit values, in all four signednesses, and every cast.
  @Test func everyRuleOnEightBits() throws {
    var text = """
      typedef signed char s8; typedef unsigned char u8;

      """
    var names: [String] = []
    let operators = [
      "a + b", "a - b", "a * b", "b ? a / b : 0", "b ? a % b : 0", "a & b", "a | b", "a ^ b",
      "a << (b & 7)", "a >> (b & 7)", "a < b", "a > b", "a <= b", "a >= b", "a == b", "a != b",
      "a && b", "a || b", "-a", "~a", "!a", "(u8)(a + b)", "(s8)(a - b)", "(_Bool)(a & b)",
      "(unsigned short)a + (short)b", "(unsigned)a > (long)b", "a ? b : -1", "a += b", "a -= b",
      "a *= b", "a <<= b & 7", "a >>= b & 7", "a ^= b", "a++ + b", "--a - b",
    ]
    for left in ["s8", "u8"] {
      for right in ["s8", "u8"] {
        for (index, op) in operators.enumerated() {
          let name = "\(left)_\(right)_\(index)"
          names.append(name)
          text += """
            static unsigned long \(name)(void)
            {
            	unsigned long h = 1;
            	for (int i = 0; i < 256; i++)
            		for (int j = 0; j < 256; j++) {
            			\(left) a = i; \(right) b = j;
            			h = (h ^ (\(op))) * 0x100000001b3UL; h ^= a;
            		}
            	return h;
            }

            """
        }
      }
    }
    let wanted = try NativeCompiler.results(of: text, functions: names)
    let lowered = try Lowered(text)
    let host = PlainHost()
    let interpreter = Interpreter(lowered.program, host: host)
    interpreter.stepLimit = 50_000_000
    for (name, value) in zip(names, wanted) {
      interpreter.reset()
      #expect(try interpreter.call(name, []) == value, "\(name)")
    }
  }
}
