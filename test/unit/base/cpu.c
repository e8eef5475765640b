/* The processor: only that the calls work where the tests run. */
#include <criterion/criterion.h>
#include <unistd.h>

#include "base/cpu.h"

Test(cpu, the_current_cpu_is_one_of_the_machine)
{
	cr_assert_lt(cpu_current(), (unsigned)sysconf(_SC_NPROCESSORS_CONF));
}

Test(cpu, relaxing_returns)
{
	for (int i = 0; i < 100; i++)
		cpu_relax();
}

Test(cpu, the_current_cpu_is_the_one_the_thread_is_bound_to)
{
	cpu_set_t allowed;
	cpu_set_t one;
	size_t cpu = 0;

	cr_assert_eq(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	while (!CPU_ISSET(cpu, &allowed))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	cr_assert_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	cr_assert_eq(cpu_current(), cpu);
}
