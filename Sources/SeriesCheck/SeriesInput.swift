// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import GitObjects
public import PatchSeries

/// Reads the mails that a command was given: mailboxes, single mails, directories of either,
/// maildirs, any of these compressed, and ranges of commits.
public struct SeriesInput: Sendable {
  /// In the order in which they were read.
  public private(set) var mails: [Mail] = []
  /// One entry a file: what it was taken for.
  public private(set) var sources: [Source] = []

  public struct Source: Hashable, Sendable {
    public var path: String
    public var format: String
    public var mailCount: Int
  }

  /// The most that a file, or what it inflates to, may hold, in bytes.
  static let maximumSize = 400 << 20

  private let options: MailInfo.Options

  /// Reads each path in turn; `-` is standard input, `[REPOSITORY:]A..B` a range of commits.
  public init(
    paths: [String],
    options: MailInfo.Options = .init()
  ) throws(SeriesInputError) {
    self.options = options
    for path in paths { try read(path) }
    guard !mails.isEmpty else {
      throw SeriesInputError(
        path: paths.joined(separator: " "),
        message: "no mail found; give a mailbox, a mail, or a directory of mails"
      )
    }
  }

  private mutating func read(_ path: String) throws(SeriesInputError) {
    if path == "-" {
      try read(FileHandle.standardInput, size: nil, path: "-")
      return
    }
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      if path.contains("..") {
        try readRange(path)
        return
      }
      throw SeriesInputError(path: path, message: "no such file or directory")
    }
    if isDirectory.boolValue {
      try readDirectory(path)
      return
    }
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw SeriesInputError(path: path, message: "cannot be opened; check its permissions")
    }
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    try read(file, size: attributes?[.size] as? Int, path: path)
  }

  private mutating func readRange(_ spec: String) throws(SeriesInputError) {
    let colon = spec.lastIndex(of: ":")
    let path = colon.map { String(spec[..<$0]) } ?? "."
    let range = colon.map { String(spec[spec.index(after: $0)...]) } ?? spec
    do throws(GitError) {
      let commits = try GitRepository(path: path).mails(of: range)
      mails += commits
      sources.append(Source(path: spec, format: "commits", mailCount: commits.count))
    } catch {
      throw SeriesInputError(
        path: spec,
        message: "neither a file nor a range of commits: \(error.description)"
      )
    }
  }

  /// A maildir's `cur` and `new`, or every file of the directory, in the order of their names with
  /// numbers compared as numbers.
  private mutating func readDirectory(_ path: String) throws(SeriesInputError) {
    var names: [String] = []
    do {
      let entries = try FileManager.default.contentsOfDirectory(atPath: path)
      names = entries
      if entries.contains("cur") || entries.contains("new") {
        names = try ["cur", "new"].filter(entries.contains).flatMap { part in
          try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(part)")
            .map { "\(part)/\($0)" }
        }
      }
    } catch {
      throw SeriesInputError(path: path, message: "the directory cannot be read")
    }
    names = names.filter { $0.split(separator: "/").last?.hasPrefix(".") == false }
    names.sort { $0.compare($1, options: .numeric) == .orderedAscending }
    let before = mails.count
    for name in names {
      var isDirectory: ObjCBool = false
      let child = "\(path)/\(name)"
      if FileManager.default.fileExists(atPath: child, isDirectory: &isDirectory),
        !isDirectory.boolValue
      {
        try read(child)
      }
    }
    if mails.count == before {
      throw SeriesInputError(path: path, message: "the directory holds no mail")
    }
  }

  private mutating func read(
    _ file: FileHandle,
    size: Int?,
    path: String
  ) throws(SeriesInputError) {
    let limit = SeriesInputError(
      path: path,
      message: "more than the \(Self.maximumSize >> 20) MiB that a mailbox may have; split it"
    )
    if let size, size > Self.maximumSize { throw limit }
    var content = Bytes()
    while true {
      let chunk: Data?
      do {
        chunk = try file.read(upToCount: 8 << 20)
      } catch {
        throw SeriesInputError(path: path, message: "reading it failed")
      }
      guard let chunk, !chunk.isEmpty else { break }
      content.append(contentsOf: chunk)
      if content.count > Self.maximumSize { throw limit }
    }
    if Inflate.isGzip(content[...]) {
      do throws(Inflate.GzipError) {
        content = try Inflate.gzip(content[...], maximumSize: Self.maximumSize)
      } catch {
        throw SeriesInputError(path: path, message: error.message)
      }
    }
    add(content, path: path)
  }

  private mutating func add(_ content: Bytes, path: String) {
    if ThreadPage.matches(content) {
      let raw = ThreadPage.mails(in: content)
      mails += raw.map { Mail($0, path: path, options: options) }
      sources.append(Source(path: path, format: "thread page", mailCount: raw.count))
      return
    }
    let box = Mailbox(content)
    mails += box.mails.map { Mail($0, path: path, options: options) }
    sources.append(Source(path: path, format: box.format.rawValue, mailCount: box.mails.count))
  }
}

/// Input that could not be read.
public struct SeriesInputError: Error, Hashable, Sendable, CustomStringConvertible {
  public var path: String
  /// Lower case, no full stop.
  public var message: String

  public var description: String { "\(path): \(message)" }
}
