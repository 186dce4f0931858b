# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Sourced: one virtual machine of a lab. $lab is the lab's directory; a
# machine's files are in $lab/NODE: disk.img (disk.sh), image.cpio, qemu.pid,
# ssh.port, and what its serial lines said: console.log, agent.log, ready.

boot_timeout=120	# seconds from power-on until the guest reports ready

machine_number()
{
	echo "${1#n}"
}

# pid_of FILE ARGUMENT: the pid in that file, if a process with that argument runs under it; a pid that belongs
# to something else does not count.
pid_of()
{
	local pid

	pid=$(cat "$1" 2>/dev/null) || return 1
	grep -qzxF "$2" "/proc/$pid/cmdline" 2>/dev/null || return 1
	echo "$pid"
}

# The pid of a machine that runs.
machine_pid()
{
	pid_of "$lab/$1/qemu.pid" "file:$lab/$1/console.log"
}

free_port()
{
	local port

	while :; do
		port=$((RANDOM % 20000 + 40000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo $port; return; }
	done
}

# machine_qemu NODE PORT: fails if the port was taken meanwhile.
machine_qemu()
{
	local node=$1 port=$2 dir=$lab/$1 hex accel cpu=max

	hex=$(printf %02x "$(machine_number "$node")")
	accel=$(cat "$lab/accel")
	[ "$accel" = tcg ] || cpu=host
	qemu-system-x86_64 -name "$node" -machine q35 -accel "$accel" -cpu $cpu \
		-m "$(cat "$lab/memory")" -smp "${HSMREPL_LAB_CPUS:-1}" ${HSMREPL_LAB_QEMU-} -nodefaults -no-user-config -display none -no-reboot \
		-kernel "$lab/kernel/vmlinux" -initrd "$dir/image.cpio" \
		-append "$(cat "$lab/append")" \
		-drive "if=none,id=disk,file=nbd+unix:///?socket=$(disk_socket "$node"),format=raw,cache=writeback" \
		-device virtio-blk-pci,drive=disk -device virtio-rng-pci \
		-netdev "dgram,id=lan,local.type=unix,local.path=$run/nic.$((16#$hex)),remote.type=unix,remote.path=$run/port.$((16#$hex))" \
		-device "virtio-net-pci,netdev=lan,mac=52:54:00:4d:00:$hex,romfile=" \
		-netdev "user,id=control,restrict=on,ipv6=off,hostfwd=tcp:127.0.0.1:$port-:22" \
		-device "virtio-net-pci,netdev=control,mac=52:54:00:4e:00:$hex,romfile=" \
		-serial "file:$dir/console.log" -serial "file:$dir/agent.log" \
		-serial "file:$dir/ready" \
		-daemonize -pidfile "$dir/qemu.pid" >"$dir/qemu.log" 2>&1
}

machine_power_on()
{
	local node=$1 dir=$lab/$1 tries=0

	disk_serve "$node"
	while :; do
		rm -f "$dir/ready" "$dir/qemu.pid"
		free_port >"$dir/ssh.port"
		machine_qemu "$node" "$(cat "$dir/ssh.port")" && return
		tries=$((tries + 1))
		if [ $tries -ge 5 ]; then
			cat "$dir/qemu.log" >&2
			die "QEMU does not start for $node"
		fi
	done
}

# machine_power_off NODE: at once, as if the plug were pulled, of its disk too.
machine_power_off()
{
	local pid pids=()

	pid=$(machine_pid "$1") && pids+=("$pid")
	pid=$(disk_pid "$1") && pids+=("$pid")
	[ ${#pids[@]} -gt 0 ] || return 0
	kill -KILL "${pids[@]}" 2>/dev/null || true
	for pid in "${pids[@]}"; do
		while kill -0 "$pid" 2>/dev/null; do
			sleep 0.02
		done
	done
	rm -f "$lab/$1/qemu.pid" "$run/$1.ssh" "$run/nic.$(machine_number "$1")"
}

machine_ssh()
{
	local node=$1

	shift
	ssh -F none -i "$lab/ssh/key" -p "$(cat "$lab/$node/ssh.port")" \
		-o ControlPath="$run/$node.ssh" -o ControlMaster=no \
		-o UserKnownHostsFile="$lab/ssh/known_hosts" -o HostKeyAlias=lab \
		-o BatchMode=yes -o ConnectTimeout=60 -o LogLevel=ERROR \
		"$@"
}

# Waits for the guest's word, then opens the connection that every exec shares.
machine_wait()
{
	local node=$1 deadline=$((SECONDS + boot_timeout)) word=

	# The whole line: the guest's letters come one by one.
	until { read -r word <"$lab/$node/ready"; } 2>/dev/null; do
		machine_pid "$node" >/dev/null ||
			die "$node died while booting; see $lab/$node/console.log"
		[ $SECONDS -lt $deadline ] ||
			die "$node is not ready after $boot_timeout s; see $lab/$node/console.log"
		sleep 0.1
	done
	[ "$word" = ready ] || die "$node: $word; see $lab/$node/console.log"
	rm -f "$run/$node.ssh"
	machine_ssh "$node" -M -N -f root@127.0.0.1 </dev/null >/dev/null 2>"$lab/$node/ssh.log" ||
		die "no ssh to $node; see $lab/$node/ssh.log"
}
