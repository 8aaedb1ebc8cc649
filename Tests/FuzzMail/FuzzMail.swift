// SPDX-License-Identifier: GPL-2.0-only

internal import PatchSeries

/// libFuzzer over everything that reads bytes from outside; built by `make fuzz` only.
@main
struct FuzzMail {
  static func main() {
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
    _ = runFuzzer(&count, &arguments, readEverything)
  }
}

/// `LLVMFuzzerRunDriver` of compiler-rt: SwiftPM needs the `main` that libFuzzer would bring.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

private func readEverything(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Bytes(UnsafeBufferPointer(start: start, count: count))
  _ = try? DiffParser.parse(bytes[...])
  _ = try? Inflate.gzip(bytes[...], maximumSize: 1 << 20)
  // Few inputs are pages as a whole; the reader of pages has to live with any of them.
  for mails in [ThreadPage.mails(in: bytes), Mailbox(bytes).mails] {
    _ = SeriesAssembler(mails.map { Mail($0, path: "fuzz") })
  }
  return 0
}
