/*
 * Not isgraph(): that one looks at the locale.
 */
#include "wire/name.h"

bool name_valid(const char *name, size_t length)
{
	if (length == 0 || length > NAME_MAX_LENGTH)
		return false;
	for (size_t i = 0; i < length; i++)
		if (name[i] < '!' || name[i] > '~')
			return false;
	return true;
}
