// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import Glibc

/// The side of the worker protocol that runs in a process of its own.
///
/// libclang can crash, hang or grow without bound on hostile input; in a worker that costs one
/// file. Requests and replies are JSON behind a four-byte big-endian length.
public enum ParseWorker {
  /// Serves requests to parse on standard input until it closes.
  public static func serve() {
    serve(lost: { .failed(reason: $0) }, perform: { (request: ParseRequest) in request.perform() })
  }

  /// Serves requests of another kind.
  ///
  /// - Parameters:
  ///   - memoryLimit: Bytes of address space after which the worker is made to fail.
  ///   - lost: The reply to a request that cannot be read, from the reason.
  public static func serve<Request: Decodable, Reply: Encodable>(
    memoryLimit: UInt64 = 4 << 30,
    lost: (String) -> Reply,
    perform: (Request) -> Reply
  ) {
    limit(Int32(bitPattern: RLIMIT_AS.rawValue), to: memoryLimit)
    limit(Int32(bitPattern: RLIMIT_CORE.rawValue), to: 0)
    let decoder = JSONDecoder()
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    while let request = readFrame() {
      let reply: Reply
      do {
        reply = perform(try decoder.decode(Request.self, from: request))
      } catch {
        reply = lost("the worker did not understand its request: \(error)")
      }
      guard let data = try? encoder.encode(reply), writeFrame(data) else { return }
    }
  }

  private static func limit(_ resource: __rlimit_resource_t, to value: UInt64) {
    var limit = rlimit(rlim_cur: rlim_t(value), rlim_max: rlim_t(value))
    setrlimit(resource, &limit)
  }

  private static func readFrame() -> Data? {
    guard let header = readExactly(4) else { return nil }
    let length = header.reduce(0) { $0 << 8 | Int($1) }
    return readExactly(length)
  }

  private static func readExactly(_ count: Int) -> Data? {
    var data = Data(count: count)
    var filled = 0
    while filled < count {
      let got = data.withUnsafeMutableBytes { buffer in
        read(STDIN_FILENO, buffer.baseAddress.map { $0 + filled }, count - filled)
      }
      if got > 0 {
        filled += got
      } else if got == 0 || errno != EINTR {
        return nil
      }
    }
    return data
  }

  private static func writeFrame(_ data: Data) -> Bool {
    var frame = Data(FrameHeader.bytes(forLength: data.count))
    frame.append(data)
    var sent = 0
    while sent < frame.count {
      let put = frame.withUnsafeBytes { buffer in
        write(STDOUT_FILENO, buffer.baseAddress.map { $0 + sent }, frame.count - sent)
      }
      if put > 0 {
        sent += put
      } else if errno != EINTR {
        return false
      }
    }
    return true
  }
}

/// The length in front of each message between the scan and its workers.
enum FrameHeader {
  static let size = 4

  static func bytes(forLength length: Int) -> [UInt8] {
    (0..<size).reversed().map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
  }
}
