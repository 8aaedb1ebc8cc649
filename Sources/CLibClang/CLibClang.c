/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libclang is loaded by the first parse, not by the program's start: relocating
 * LLVM takes 30 ms and 15 MiB, which most commands have no use for.  The
 * functions that ClangFrontend calls are defined here as jumps through a slot
 * each.  A jump needs no signature and touches no argument.  They are hidden, so
 * that libclang's calls of its own functions stay with libclang.
 */
#include "include/InstalledLLVM.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define FUNCTIONS(X) \
	X(clang_Cursor_Evaluate) \
	X(clang_Cursor_getArgument) \
	X(clang_Cursor_getNumArguments) \
	X(clang_Cursor_getOffsetOfField) \
	X(clang_Cursor_getStorageClass) \
	X(clang_Cursor_getVarDeclInitializer) \
	X(clang_Cursor_isAnonymous) \
	X(clang_Cursor_isAnonymousRecordDecl) \
	X(clang_Cursor_isBitField) \
	X(clang_Cursor_isFunctionInlined) \
	X(clang_Cursor_isNull) \
	X(clang_EvalResult_dispose) \
	X(clang_EvalResult_getAsDouble) \
	X(clang_EvalResult_getAsLongLong) \
	X(clang_EvalResult_getAsUnsigned) \
	X(clang_EvalResult_getKind) \
	X(clang_EvalResult_isUnsignedInt) \
	X(clang_File_isEqual) \
	X(clang_Location_isFromMainFile) \
	X(clang_PrintingPolicy_dispose) \
	X(clang_PrintingPolicy_setProperty) \
	X(clang_Type_getAlignOf) \
	X(clang_Type_getSizeOf) \
	X(clang_Type_visitFields) \
	X(clang_createIndex) \
	X(clang_disposeDiagnostic) \
	X(clang_disposeIndex) \
	X(clang_disposeString) \
	X(clang_disposeTranslationUnit) \
	X(clang_getArgType) \
	X(clang_getArrayElementType) \
	X(clang_getArraySize) \
	X(clang_getCString) \
	X(clang_getCanonicalCursor) \
	X(clang_getCanonicalType) \
	X(clang_getChildDiagnostics) \
	X(clang_getCursorBinaryOperatorKind) \
	X(clang_getCursorDefinition) \
	X(clang_getCursorExtent) \
	X(clang_getCursorKindSpelling) \
	X(clang_getCursorLinkage) \
	X(clang_getCursorLocation) \
	X(clang_getCursorPrettyPrinted) \
	X(clang_getCursorPrintingPolicy) \
	X(clang_getCursorReferenced) \
	X(clang_getCursorResultType) \
	X(clang_getCursorSemanticParent) \
	X(clang_getCursorSpelling) \
	X(clang_getCursorType) \
	X(clang_getCursorUnaryOperatorKind) \
	X(clang_getDiagnostic) \
	X(clang_getDiagnosticInSet) \
	X(clang_getDiagnosticLocation) \
	X(clang_getDiagnosticSeverity) \
	X(clang_getDiagnosticSpelling) \
	X(clang_getEnumConstantDeclValue) \
	X(clang_getEnumDeclIntegerType) \
	X(clang_getExpansionLocation) \
	X(clang_getFieldDeclBitWidth) \
	X(clang_getFile) \
	X(clang_getFileContents) \
	X(clang_getFileLocation) \
	X(clang_getFileName) \
	X(clang_getInclusions) \
	X(clang_getNumArgTypes) \
	X(clang_getNumDiagnostics) \
	X(clang_getNumDiagnosticsInSet) \
	X(clang_getPointeeType) \
	X(clang_getRangeEnd) \
	X(clang_getRangeStart) \
	X(clang_getResultType) \
	X(clang_getSpellingLocation) \
	X(clang_getTranslationUnitCursor) \
	X(clang_getTranslationUnitSpelling) \
	X(clang_getTypeDeclaration) \
	X(clang_getTypeKindSpelling) \
	X(clang_getTypeSpelling) \
	X(clang_getUnqualifiedType) \
	X(clang_isConstQualifiedType) \
	X(clang_isCursorDefinition) \
	X(clang_isExpression) \
	X(clang_isFunctionTypeVariadic) \
	X(clang_isStatement) \
	X(clang_isVolatileQualifiedType) \
	X(clang_parseTranslationUnit2) \
	X(clang_saveTranslationUnit) \
	X(clang_visitChildren)

/* A call before the load, or after a failed one, is a defect of the caller. */
static void not_loaded(void)
{
	fputs("libclang is called before it is loaded\n", stderr);
	abort();
}

#define DECLARE_SLOT(name) \
	__attribute__((visibility("hidden"))) void *twostep_slot_##name = (void *)not_loaded;
FUNCTIONS(DECLARE_SLOT)

#if defined(__x86_64__)
#define JUMP(slot) "jmpq *" slot "(%rip)\n"
#elif defined(__aarch64__)
#define JUMP(slot) "adrp x16, " slot "\nldr x16, [x16, :lo12:" slot "]\nbr x16\n"
#else
#error "no jump through a slot is written for this processor"
#endif

#define DEFINE_FUNCTION(name)                   \
	__asm__(".text\n"                       \
		".globl " #name "\n"            \
		".hidden " #name "\n"           \
		".type " #name ", %function\n"  \
		#name ":\n"                     \
		JUMP("twostep_slot_" #name)     \
		".size " #name ", .-" #name "\n");
FUNCTIONS(DEFINE_FUNCTION)

#define SLOT(name) { #name, &twostep_slot_##name },
static const struct {
	const char *name;
	void **slot;
} slots[] = { FUNCTIONS(SLOT) };

#define TEXT_OF(number) #number
#define SONAME_OF(version) "libclang-" TEXT_OF(version) ".so." TEXT_OF(version)
static const char *const soname = SONAME_OF(TWOSTEP_LLVM_VERSION);

static char reason[512];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void)
{
	void *library = dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		const char *error = dlerror();

		snprintf(reason, sizeof(reason), "%s cannot be loaded: %s; install libclang1-%d",
			 soname, error ? error : "no reason given", TWOSTEP_LLVM_VERSION);
		return;
	}
	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		void *function = dlsym(library, slots[i].name);

		if (!function) {
			snprintf(reason, sizeof(reason), "%s has no %s()", soname, slots[i].name);
			return;
		}
		*slots[i].slot = function;
	}
}

const char *twostep_load_libclang(void)
{
	pthread_once(&once, load);
	return reason[0] ? reason : NULL;
}
