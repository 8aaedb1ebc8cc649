// SPDX-License-Identifier: GPL-2.0-only

import ArgumentParser
import Commands

@main
struct Main {
  static func main() async {
    await Twostep.runAndExit()
  }
}
