// SPDX-License-Identifier: GPL-2.0-only

extension FindingSection {
  static let series = FindingSection(
    title: "Patch series",
    descriptors: [
      FindingDescriptor(
        "series-gap",
        .error,
        "a patch of the series is missing",
        remedy: "add the missing mail, or post the series again as a whole"
      ),
      FindingDescriptor(
        "series-duplicate",
        .error,
        "two different mails claim to be one patch of the series",
        remedy: "remove the mail that is not meant, or post a new version of the series"
      ),
      FindingDescriptor(
        "series-mixed",
        .error,
        "the mails belong to more than one series",
        remedy: "give one series at a time, or choose one with --series"
      ),
      FindingDescriptor(
        "series-version-ambiguous",
        .error,
        "the mails hold several versions of the series",
        remedy: "choose one with --version-number"
      ),
      FindingDescriptor(
        "series-base-unknown",
        .warning,
        "nothing tells which tree the series was made for",
        remedy: "post with git format-patch --base, or give the right --base"
      ),
      FindingDescriptor(
        "series-base-guessed",
        .note,
        "the series states no base commit; it was tried on the given tree",
        remedy: "post with git format-patch --base"
      ),
      FindingDescriptor(
        "patch-does-not-apply",
        .error,
        "git am would refuse the patch on this base",
        remedy: "rebase the series on the base, or name the base it was made for"
      ),
      FindingDescriptor(
        "patch-applies-with-offset",
        .note,
        "a hunk applies, but not at the line it names",
        remedy: "check that it is still the right place; rebasing removes the offset"
      ),
      FindingDescriptor(
        "patch-unsafe-path",
        .error,
        "the patch names a path or link that may not be written",
        remedy: "do not apply the patch; ask its sender what it is"
      ),
      FindingDescriptor(
        "patch-corrupt",
        .error,
        "git cannot read the patch",
        remedy: "send it again with git send-email, which does not wrap or convert lines"
      ),
      FindingDescriptor(
        "patch-introduces-parse-error",
        .error,
        "a file that compiled before the patch does not after it",
        remedy: "bring what it needs with it or before it, and change all users with it"
      ),
      FindingDescriptor(
        "doc-prototype-mismatch",
        .warning,
        "a documented prototype is not that of the function",
        remedy: "correct the documentation in the patch that changes the function"
      ),
      FindingDescriptor(
        "doc-unknown-function",
        .warning,
        "documentation names a function that does not exist",
        remedy: "correct the name"
      ),
      FindingDescriptor(
        "commit-unknown-function",
        .warning,
        "the commit message names a function that does not exist",
        remedy: "correct the name in the message"
      ),
      FindingDescriptor(
        "flag-bit-overlap",
        .error,
        "a flag claims a bit of the shifted field beside it",
        remedy: "move the flag out of the field, or narrow and mask the field"
      ),
      FindingDescriptor(
        "inconsistent-naming",
        .note,
        "functions that belong together name their parts in different order",
        remedy: "give both names one word order"
      ),
      FindingDescriptor(
        "refactor-behaviour-change",
        .error,
        "the function behaves differently although the message claims no change",
        remedy: "restore the behaviour, or say in the message what changes and why"
      ),
      FindingDescriptor(
        "missing-tags",
        .warning,
        "a tag that every patch carries is missing or malformed",
        remedy: "see Documentation/process/submitting-patches.rst"
      ),
      FindingDescriptor(
        "api-not-in-tree",
        .error,
        "the patch calls a kernel function that the base does not have",
        remedy:
          "base the series on a release that has the function, or bring it in an earlier patch"
      ),
    ]
  )
}
