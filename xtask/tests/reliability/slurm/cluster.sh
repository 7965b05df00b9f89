#!/usr/bin/env bash
# A Slurm cluster of two nodes of one core each on this machine, for tests and for trying things out.
#
#   xtask/tests/reliability/slurm/cluster.sh install          Debian's packages where they are missing; needs root
#   xtask/tests/reliability/slurm/cluster.sh start FOLDER     starts it and prints the line that makes it yours
#   xtask/tests/reliability/slurm/cluster.sh daemon FOLDER NAME   starts one of controller, node1, node2 (again)
#   xtask/tests/reliability/slurm/cluster.sh stop FOLDER      ends what start began
#
# Everything lies below FOLDER, the key for authentication too, so several clusters can run side by side
# and nothing of the machine's own configuration is touched.
set -euo pipefail

case $# in 0) sed -n '2,10p' "$0"; exit 1;; esac
action=$1
folder=${2:-}

install() {
  command -v slurmctld munged >/dev/null && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || {
    echo "expected Slurm and munge, or Debian and root to install them" >&2
    exit 1
  }
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm munge
}

configure() {
  # Ports from the name of the folder, so that clusters in different folders have different ones.
  port=$((20000 + $(printf %s "$folder" | cksum | cut -d' ' -f1) % 20000))
  host=$(hostname -s)
  cat >"$folder/slurm.conf" <<CONF
ClusterName=trial
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
StateSaveLocation=$folder/state
SlurmctldPidFile=$folder/controller.pid
SlurmctldLogFile=$folder/log/controller.log
SlurmdPidFile=$folder/%n.pid
SlurmdSpoolDir=$folder/spool-%n
SlurmdLogFile=$folder/log/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
# A task that takes more memory than its job asked for is ended.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
SchedulerParameters=sched_interval=2,sched_min_interval=100000,defer_batch,requeue_setup_env_fail
ReturnToService=2
SlurmdTimeout=20
KillWait=5
InactiveLimit=0
MinJobAge=300
NodeName=node1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=1 RealMemory=2000
NodeName=node2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=1 RealMemory=2000
PartitionName=trial Nodes=node1,node2 Default=YES MaxTime=INFINITE DefMemPerCPU=1000 State=UP
CONF
}

authenticate() {
  [ -s "$folder/munge.key" ] || (umask 077; head -c 1024 /dev/urandom >"$folder/munge.key")
  munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
    --pid-file="$folder/munged.pid" --log-file="$folder/log/munged.log" --seed-file="$folder/munge.seed"
}

daemon() {
  case $1 in
    controller) slurmctld -f "$folder/slurm.conf" ;;
    *) slurmd -f "$folder/slurm.conf" -N "$1" ;;
  esac >&2
}

case $action in
  install) install >&2 ;;
  start)
    mkdir -p "$folder/state" "$folder/log"
    folder=$(cd "$folder" && pwd)
    install >"$folder/log/install.log" 2>&1
    configure
    export SLURM_CONF=$folder/slurm.conf
    authenticate >&2
    for name in controller node1 node2; do daemon $name; done
    for _ in $(seq 150); do
      [ "$(sinfo -h -o '%t %D' 2>/dev/null)" = "idle 2" ] && break
      sleep 0.2
    done
    sinfo >&2
    echo "export SLURM_CONF=$folder/slurm.conf"
    ;;
  daemon)
    folder=$(cd "$folder" && pwd)
    daemon "$3"
    ;;
  stop)
    folder=$(cd "$folder" && pwd)
    export SLURM_CONF=$folder/slurm.conf
    for name in node1 node2 controller munged; do
      file=$folder/$name.pid
      [ -s "$file" ] && kill "$(cat "$file")" 2>/dev/null || true
    done
    ;;
  *) echo "expected install, start, daemon or stop, found $action" >&2; exit 1 ;;
esac
