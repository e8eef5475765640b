# What bench-peers compares cohort with: one file of app/bench/peers/ each, built if the library is
# there. Some of Debian's packages bring no .pc file: those are looked for by a header.

# libnng has nanomsg's functions, too: the real ones must be found first.
peer_names := nanomsg zmq nng qb sdbus dbus iceoryx dpdk

pc_zmq     := libzmq
pc_nanomsg := nanomsg
pc_qb      := libqb
pc_sdbus   := libsystemd
pc_dbus    := libsystemd
pc_dpdk    := libdpdk

header_nng     := nng/nng.h
libs_nng       := -lnng
header_iceoryx := iceoryx_binding_c/api.h
libs_iceoryx   := -liceoryx_binding_c
folder_iceoryx := $(lastword $(sort $(wildcard /usr/include/iceoryx/v*)))
cflags_iceoryx := -isystem $(folder_iceoryx) -DBENCH_ICEORYX_VERSION='"$(folder_iceoryx:/usr/include/iceoryx/v%=%)"'
cflags_sdbus    = -DBENCH_LIBSYSTEMD_VERSION='"$(shell pkg-config --modversion libsystemd)"'

# Their headers are not held to our warnings.
peer_cflags = $(cflags_$1) $(if $(pc_$1),$(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(pc_$1))))
peer_libs   = $(or $(libs_$1),$(shell pkg-config --libs $(pc_$1)))
peer_there  = $(shell $(if $(pc_$1),pkg-config --exists $(pc_$1),\
                echo '\#include <$(header_$1)>' | $(CC) $(cflags_$1) -E -x c - >/dev/null 2>&1) && echo $1)

peers_there := $(foreach peer,$(peer_names),$(call peer_there,$(peer)))
peer_files  := $(filter-out $(peer_names:%=app/bench/peers/peer_%.c),$(wildcard app/bench/peers/*.c)) \
               $(wildcard $(peers_there:%=app/bench/peers/peer_%.c))

$(foreach peer,$(peers_there),$(eval \
  $(out)/app/bench/peers/peer_$(peer).o: flags_app += $(call peer_cflags,$(peer))))

$(out)/bench-peers: $(call objects,$(filter-out app/bench/workload.c,$(wildcard app/bench/*.c)) $(peer_files)) \
                    $(out)/libcohort-component.a $(out)/libcohort.a
	$(call say,LINK)
	$(Q)$(CC) $(ldflags) -o $@ $^ $(foreach peer,$(peers_there),$(call peer_libs,$(peer))) -lm
