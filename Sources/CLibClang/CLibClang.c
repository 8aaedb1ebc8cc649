/* SPDX-License-Identifier: GPL-2.0-only */
/* SwiftPM builds a C target only from a source file; the headers are all there is. */
