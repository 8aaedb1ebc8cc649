// SPDX-License-Identifier: GPL-2.0-only

public import Foundation
internal import GRDB

/// Facts of earlier scans, in an SQLite database.
///
/// Write-ahead logging keeps it whole when a scan is killed and lets two scans share it. The
/// database's name carries the identity of the program that wrote it, so that another version's
/// facts are never read.
public final class FactsCache: Sendable {
  /// Where precompiled headers may be kept beside the database.
  let directory: URL
  private let pool: DatabasePool

  /// - Parameters:
  ///   - directory: Made when absent.
  ///   - identity: Of the program and its catalogue; a word fit for a file name.
  public init(directory: URL, identity: String) throws(CacheError) {
    self.directory = directory
    let path = directory.appending(path: "facts-\(identity).sqlite").path
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      CacheAge.removeOldest(in: directory)
      var configuration = Configuration()
      configuration.busyMode = .timeout(20)
      configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = NORMAL") }
      pool = try DatabasePool(path: path, configuration: configuration)
      try pool.write { database in
        // With row ids: else a search for a key reads the whole of every row that it passes.
        try database.execute(
          sql: """
            CREATE TABLE IF NOT EXISTS facts (
              key TEXT PRIMARY KEY, dependencies BLOB NOT NULL, facts BLOB NOT NULL
            )
            """
        )
      }
    } catch {
      throw CacheError(path: path, message: "\(error)")
    }
  }

  struct Entry: Sendable {
    /// What the facts depend on: ``FileStamps``, and what they belong to.
    var dependencies: Data
    var facts: Data
  }

  /// The entries that exist among the keys.
  func entries(for keys: [String]) throws(CacheError) -> [String: Entry] {
    do {
      return try pool.read { database in
        var found: [String: Entry] = [:]
        let statement = try database.cachedStatement(
          sql: "SELECT dependencies, facts FROM facts WHERE key = ?"
        )
        for key in keys {
          if let row = try Row.fetchOne(statement, arguments: [key]) {
            found[key] = Entry(dependencies: row[0], facts: row[1])
          }
        }
        return found
      }
    } catch {
      throw CacheError(path: pool.path, message: "\(error)")
    }
  }

  func store(_ entries: [String: Entry]) throws(CacheError) {
    do {
      try pool.write { database in
        let statement = try database.cachedStatement(
          sql: "INSERT OR REPLACE INTO facts VALUES (?, ?, ?)"
        )
        for (key, entry) in entries {
          try statement.execute(arguments: [key, entry.dependencies, entry.facts])
        }
      }
    } catch {
      throw CacheError(path: pool.path, message: "\(error)")
    }
  }
}

/// The cache cannot be used; the work can go on without it.
public struct CacheError: Error, CustomStringConvertible, Sendable {
  public let path: String
  public let message: String
  public var description: String {
    "cannot use the cache \(path): \(message); remove the file, or pass --cache none"
  }
}
