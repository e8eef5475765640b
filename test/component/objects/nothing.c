/* A shared object that defines no component. */

int nothing(void);

int nothing(void)
{
	return 0;
}
