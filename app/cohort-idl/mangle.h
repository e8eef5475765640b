/*
 * What things are called in C. doc/idl.md has the rules as a table.
 *
 *	module ipa.RPi, struct IPAConfigResult		struct ipa_rpi_ipa_config_result
 *	its field modeSensitivity			mode_sensitivity
 *	enum ErrorFlags, value Error1			IPA_RPI_ERROR_FLAGS_ERROR1
 */
#ifndef COHORT_IDL_MANGLE_H
#define COHORT_IDL_MANGLE_H

#include "ast.h"

/* Gives everything its C name; different things that get the same one are errors, as are names that C
 * has already. */
void mangle(struct file *files);

#endif
