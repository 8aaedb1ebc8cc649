/* SPDX-License-Identifier: GPL-2.0-only */
#include <git2.h>

/* Swift does not import C variadic functions. */
static inline int twostep_git_set_owner_validation(int enabled)
{
	return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}
