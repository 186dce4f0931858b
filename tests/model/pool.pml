/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The commit of a batch, crashes, node-down, and a node that joins: Documentation/protocol.md, checked
 * for all schedules within the bounds. Documentation/model.md says how to read it and what it found.
 *
 * Network: every message may be delayed without bound, overtake others, or never come. So a message
 * is not an object here: what was once said may be heard at any later step, or never. Only a
 * PREPARE reaches a node at most once, as a connection delivers it once and a new one asks (INQUIRE).
 * Disk: what is called durable survives a crash, nothing else does. A commit record is written but not
 * waited for: a crash may forget it (last[]). Nor is the own yes before PREPARE is sent, only before the
 * commit: a crash of a coordinator that still votes may forget that too.
 * A step is one event of a node, with the disk write that it waits for.
 *
 *  bounds  N nodes, T transactions, B batches (B - T retries), CRASHES, DOWNS node-downs
 *  JOIN      node N-1 is a newcomer; transaction 1 is the NODE_ADD
 *  FALSEDOWN operators declare living nodes down
 *  FORCE     node-down by a minority; who is declared down never comes back without Live-Sync
 *  SPLIT     FORCE on living nodes, the operator lied: two nodes on one Sync-Point still share one history
 *  OUTCOMES  assert outcomes only, not the votes behind them (for the mutants)
 *  QUIET     fewer schedules, for mutants deep down: no connection is lost, nobody gives way
 *
 * Mutants, each a rule left out; the checker must find what breaks:
 *  PARTVOTE     a majority of yes votes commits
 *  VOLYES       a voter says yes before it is durable
 *  OWNVOL       the coordinator does not wait for its own yes
 *  VOLREF       a voter's refusal is not durable
 *  VOTEBYTID    votes name the transaction, not the batch: those for the batch before count
 *  AHEAD        PREPARE of the successor before the outcome of its predecessor
 *  DROPABSENT   a yes is dropped because a member's history lacks the transaction
 *  EARLYABORT   "aborted" is told before all have confirmed
 *  CONFIRMONE   a voter confirms the abort of a batch while it holds a yes for an older one of that coordinator
 *  SOFTGIVE     a coordinator that gives way does not refuse its batch and goes on counting
 *  VOLGIVE      the refusal of one's own batch is not durable
 *  GIVEDOUBT    a coordinator gives way with a batch that it found at its start
 *  NDALONE      the initiator of a node-down decides alone
 *  NDNOCARRY    a value that was accepted before is not carried on
 *  NDOLDBALLOT  a value is accepted although a higher ballot was promised
 *  NDVOTES      a node that promised goes on voting
 *  NDCOORD      a node that promised goes on coordinating
 *  NDFORGET     a promise is not durable
 *  NDFORGETACC  an accepted value is not durable
 *  NDDROP       node-down aborts what every survivor holds
 *  NDOWNLOG     the value takes the initiator's log, not the longest
 *  NDMINORITY   survivors need not be a majority
 *  COMEBACK     who was declared dead by force comes back as if nothing had happened
 *  NOREC        no record with a TID of its own ends the epoch
 *  NOCARRY      what a node promised and accepted in e is forgotten when it applies the NODE_ADD
 *  CARRYACC     the accepted value is carried into e+1, but the node thaws
 *  EPOCH1       a value that commits the NODE_ADD ends in e+1 instead of e+2
 *  STALEJ       the newcomer votes without being caught up
 *  OLDONLY      the NODE_ADD commits with the old members' votes only
 *  NDABORT      node-down aborts an undecided NODE_ADD although all hold a yes
 *  NDNOJ        node-down commits the NODE_ADD without the newcomer's answer
 *  JNOREF       the newcomer, asked by a node-down and holding no yes, does not refuse durably
 *  JDROP        the newcomer drops its yes because a member's history lacks the NODE_ADD
 *  JEARLY       the newcomer coordinates as soon as it has voted yes
 */
#ifndef N
#define N 3
#endif
#ifndef T
#define T 1
#endif
#ifndef B
#define B 2
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef DOWNS
#define DOWNS 1
#endif
#ifdef SPLIT
#define FORCE
#endif
#define BATCHES 4		/* B at most; transactions and node-downs: T + DOWNS at most 7 */
#define LOGMAX (T+DOWNS)

#define BIT(x) (1<<(x))
#define ALL (BIT(N)-1)
#define CNT(m) (((m)&1)+(((m)>>1)&1)+(((m)>>2)&1)+(((m)>>3)&1))
#define MAJORITY(m,s) (2*CNT((m)&(s)) > CNT(s))

#ifdef JOIN
#define J (N-1)
#define NA 1
#define FIRST (BIT(J)-1)	/* members at the start */
#define JVOTES(i,b) ((i) == J && tid[b] == NA && !ISM(J))
#else
#define NA 255
#define FIRST ALL
#define JVOTES(i,b) false
#endif

#if defined(FALSEDOWN) || defined(SPLIT)
#define MAYDOWN(m) true
#else
#define MAYDOWN(m) (((m) & up) == 0)
#endif
#if defined(FORCE) || defined(NDMINORITY)
#define ENOUGH(m,s) ((m) != 0)
#else
#define ENOUGH(m,s) MAJORITY(m,s)
#endif

/* --- what a node keeps on disk --- */
byte epoch[N];
byte members[N];		/* node list in force, a mask */
byte nlen[N];			/* seq */
byte logv[N*LOGMAX];		/* history: transactions 1..T, node-down records T+1.. */
byte sp[N];			/* set of all in the history: what XOR makes of it */
byte disk[N];			/* batch that a durable yes is held for */
byte refused[N];		/* batches durably refused */
byte fence[N];			/* ballot promised, 0: open */
byte acc[N];			/* attempt whose value was accepted last */
/* --- and in memory --- */
byte up;
byte slot[N];			/* batch in the slot; own and refused: waiting for confirmations */
byte last[N];			/* batch applied last, while its commit record may still be lost */

/* --- batches 1..B; said and not yet heard counts as said --- */
byte started;			/* batches that were cut */
byte co[BATCHES+1];		/* coordinator */
byte tid[BATCHES+1];
byte pe[BATCHES+1];		/* position that it stands on: epoch and Sync-Point */
byte psp[BATCHES+1];
byte voters[BATCHES+1];
byte seen[BATCHES+1];		/* who got the PREPARE */
byte yes[BATCHES+1];
#ifdef VOLREF
byte confirmed[BATCHES+1];	/* who said ABORTED, or no to an INQUIRE */
#endif
byte aborts;			/* batches that ABORT was sent for */
byte doubt;			/* batches that their coordinator found at its start */

/* --- transactions --- */
byte owner[T+1];		/* node that it was submitted at, plus 1 */
byte told[T+1];			/* 1 committed, 2 aborted */

/* --- node-down attempts 1..DOWNS --- */
byte on;			/* attempts begun */
byte decided;			/* attempts with a value */
byte nd_ini[DOWNS+1];
byte nd_e[DOWNS+1];		/* epoch that it repairs */
byte nd_nm[DOWNS+1];		/* survivors */
byte nd_rep[DOWNS+1];		/* who answered */
byte nd_yes[(DOWNS+1)*(BATCHES+1)];	/* who of them holds a yes */
byte nd_prev[DOWNS+1];		/* newest attempt that one of them accepted a value of */
byte nd_acc[DOWNS+1];		/* who accepted */
byte nd_val[DOWNS+1];		/* attempt whose value this is */
byte nd_len[DOWNS+1];		/* the value: history, node list, epoch, batch that it commits */
byte nd_log[(DOWNS+1)*LOGMAX];
byte nd_sp[DOWNS+1];
byte nd_new[DOWNS+1];
byte nd_ne[DOWNS+1];
byte nd_b[DOWNS+1];

/* --- what only the checker knows --- */
byte crashes;
byte dead;			/* nodes that an operator vouched for as dead */
byte gone;			/* nodes that a chosen value removed */
byte history;			/* batches that anybody ever applied */
byte nl[2*DOWNS+4];		/* the one node list of each epoch */
byte maxe;

#define UP(i) (up & BIT(i))
#define ISM(i) (members[i] & BIT(i))
#define OPEN(i) (fence[i] == 0)
#define LOG(i,x) logv[(i)*LOGMAX+(x)]
#define HAS(m,b) ((m) & BIT(b))
#define STARTED(b) HAS(started,b)
#define VOTER(i,b) (voters[b] & BIT(i))
#define OWN(i,b) (STARTED(b) && co[b] == i)
#define OTHERS(i,b) (STARTED(b) && co[b] != i && VOTER(i,b))
#define HELD(i,b) (slot[i] == (b) && disk[i] == (b))
#define VOTING(i,b) (OWN(i,b) && slot[i] == (b) && !HAS(refused[i],b))
#define ABORTING(i,b) (OWN(i,b) && slot[i] == (b) && HAS(refused[i],b))
#define HOLDS(i,t) (disk[i] != 0 && tid[disk[i]] == (t))
#define APPLIED(i,t) HAS(sp[i],t)
#define BALLOT(k) (nd_e[k]*(DOWNS+1)+(k)+1)
#define ACCEPTED(i) ((acc[i] == 0) -> 0 : BALLOT(acc[i]))
#define VALUE(k) nd_val[k]

/* a refusal counts for all older batches of that coordinator: its numbers only rise */
#define SAMECO(x,b) ((x) >= (b) && STARTED(x) && co[x] == co[b])
#define REFUSES(i,x,b) (HAS(refused[i],x) && SAMECO(x,b))
#define REFUSED(i,b) (REFUSES(i,1,b) || REFUSES(i,2,b) || REFUSES(i,3,b) || REFUSES(i,4,b))

/* somebody stood where the batch leads to; two batches of one transaction on one position are the same TL */
#define STOOD(x,b) (HAS(history,x) && tid[x] == tid[b] && psp[x] == psp[b] && pe[x] == pe[b])
#define INHISTORY(b) (STOOD(1,b) || STOOD(2,b) || STOOD(3,b) || STOOD(4,b))

#ifdef PARTVOTE
#define ALLYES(b) MAJORITY(yes[b], voters[b])
#else
#ifdef OLDONLY
#define ALLYES(b) (yes[b] == voters[b] || (tid[b] == NA && (yes[b] | BIT(J)) == voters[b]))
#else
#ifdef VOTEBYTID
#define VOTES(x,b) ((STARTED(x) && tid[x] == tid[b]) -> yes[x] : 0)
#define ALLYES(b) ((VOTES(1,b) | VOTES(2,b) | VOTES(3,b) | VOTES(4,b)) == voters[b])
#else
#define ALLYES(b) (yes[b] == voters[b])
#endif
#endif
#endif
#ifdef SOFTGIVE
#define COUNTING(i,b) (OWN(i,b) && !HAS(refused[i],b) && sp[i] == psp[b])
#else
#define COUNTING(i,b) VOTING(i,b)
#endif
#ifdef NDVOTES
#define MAYVOTE(i) true
#else
#define MAYVOTE(i) OPEN(i)
#endif
#ifdef NDCOORD
#define MAYLEAD(i) true
#else
#define MAYLEAD(i) OPEN(i)
#endif
/*
 * Who refused durably says no, or ABORTED, when asked; but not while it holds a yes for an older batch of that
 * coordinator, which may be of the same transaction. (Such a yes may have been applied since: still no answer.)
 */
#ifdef CONFIRMONE
#define CLEAN(i,b) true
#else
#define CLEAN(i,b) ((slot[i] == 0 || co[slot[i]] != co[b] || slot[i] == (b)) && !APPLIED(i, tid[b]))
#endif
#ifdef VOLREF
#define NOTYES(i,b) (confirmed[b] & BIT(i))
#else
#define NOTYES(i,b) HAS(refused[i],b)
#endif
#define SAYSNO(i,b) (VOTER(i,b) && NOTYES(i,b))
#ifdef JOIN
/* the newcomer's confirmation is not waited for: its yes alone decides nothing, once every member has refused */
#define NOTASKED(i,b) (JVOTES(i,b) && co[b] != (i))
#else
#define NOTASKED(i,b) false
#endif
#define SAYSABORTED(i,b) (!VOTER(i,b) || NOTASKED(i,b) || (NOTYES(i,b) && CLEAN(i,b)) || co[b] == (i))
#if N == 2
#define SAIDNO(b) (SAYSNO(0,b) || SAYSNO(1,b))
#define ALLSAIDNO(b) (SAYSABORTED(0,b) && SAYSABORTED(1,b))
#endif
#if N == 3
#define SAIDNO(b) (SAYSNO(0,b) || SAYSNO(1,b) || SAYSNO(2,b))
#define ALLSAIDNO(b) (SAYSABORTED(0,b) && SAYSABORTED(1,b) && SAYSABORTED(2,b))
#endif
#if N == 4
#define SAIDNO(b) (SAYSNO(0,b) || SAYSNO(1,b) || SAYSNO(2,b) || SAYSNO(3,b))
#define ALLSAIDNO(b) (SAYSABORTED(0,b) && SAYSABORTED(1,b) && SAYSABORTED(2,b) && SAYSABORTED(3,b))
#endif

#ifdef QUIET
#define MAYREVOKE(b) SAIDNO(b)
#define LOST false
#else
#define LOST true
#endif
#ifdef GIVEDOUBT
#define MAYREVOKE(b) true
#endif
#ifndef MAYREVOKE
#define MAYREVOKE(b) (!HAS(doubt,b) || SAIDNO(b))
#endif
#ifdef EARLYABORT
#define ALLCONFIRMED(b) true
#else
#define ALLCONFIRMED(b) ALLSAIDNO(b)
#endif
#ifdef NDALONE
#define CHOSEN(k) true
#else
#ifdef FORCE
#define CHOSEN(k) ((nd_acc[k] & nd_nm[k]) == nd_nm[k])
#else
#ifdef NDMINORITY
#define CHOSEN(k) ((nd_acc[k] & nd_nm[k]) == nd_nm[k])
#else
#define CHOSEN(k) MAJORITY(nd_acc[k], nl[nd_e[k]])
#endif
#endif
#endif
#ifdef NDNOCARRY
#define CARRIED(k) false
#else
#define CARRIED(k) (nd_prev[k] != 0)
#endif
#ifdef NDOLDBALLOT
#define MAYACCEPT(i,k) true
#else
#define MAYACCEPT(i,k) (fence[i] <= BALLOT(k) && ACCEPTED(i) < BALLOT(k))
#endif
#ifdef SPLIT
#define FITS(i,k) ((sp[i] & ~nd_sp[k]) == 0)	/* else it shows as diverged */
#else
#define FITS(i,k) true
#endif
#ifdef EPOCH1
#define ADDS(k) 0
#else
#define ADDS(k) 1
#endif

/* --- steps --- */

/* node i stands in an epoch: one node list per epoch */
inline enter(i) {
#ifndef SPLIT
	assert(nl[epoch[i]] == 0 || nl[epoch[i]] == members[i]);
#endif
	nl[epoch[i]] = members[i];
	if :: epoch[i] > maxe -> maxe = epoch[i] :: else fi
}

/* the batch in the slot of node i is committed */
inline apply(i, b) {
	d_step {
	printf("n%d applies B%d (T%d)\n", i, b, tid[b]);
	assert(!APPLIED(i, tid[b]));
	LOG(i, nlen[i]) = tid[b]; nlen[i] = nlen[i] + 1; sp[i] = sp[i] | BIT(tid[b]);
	slot[i] = 0; disk[i] = 0; last[i] = b; history = history | BIT(b);
	if :: co[b] == i -> told[tid[b]] = 1; doubt = doubt & ~BIT(b) :: else fi;
#ifdef JOIN
	if
	:: tid[b] == NA ->
		last[i] = 0;
		epoch[i] = epoch[i] + 1; members[i] = voters[b]; enter(i);
#ifdef NOCARRY
		fence[i] = 0; acc[i] = 0
#else
#ifdef CARRYACC
		fence[i] = 0
#else
		/* a value accepted in e stays accepted in e+1 and keeps the node frozen; a mere promise ends */
		if :: acc[i] == 0 -> fence[i] = 0 :: else fi
#endif
#endif
	:: else
	fi
#endif
	}
}

inline prepare(i, b, t) {
	started = started | BIT(b); owner[t] = i + 1;
	co[b] = i; tid[b] = t; pe[b] = epoch[i]; psp[b] = sp[i]; voters[b] = members[i]; seen[b] = BIT(i);
#ifdef JOIN
	if :: t == NA -> voters[b] = members[i] | BIT(J) :: else fi;
#endif
	yes[b] = BIT(i);
	printf("n%d cuts B%d (T%d) e%d sp%d voters%d\n", i, b, t, pe[b], psp[b], voters[b])
}

/* T2, T3.. are alike: the first is taken first */
#define FRESH(t) (owner[t] == 0 && ((t) == 1 || (t) == NA + 1 || owner[(t)-1] != 0))
#define RETRY(i,t) (owner[t] == i + 1 && told[t] == 0 && !APPLIED(i,t) && (t) != NA)

/* one event of node i about batch b */
inline batch_step(i, b) {
	if
	/* claim: PREPARE to all, own yes to the disk. Members are alike: node 0 begins */
	:: !STARTED(b) && (b == 1 || STARTED(b-1)) && (b != 1 || i == 0) && slot[i] == 0 && MAYLEAD(i) && ISM(i) ->
		t = 1; do :: t < T -> t++ :: break od;
		if
#ifdef JOIN
		:: t == NA && (members[i] & BIT(J)) -> goto idle
#endif
		:: FRESH(t) || RETRY(i, t) -> prepare(i, b, t); slot[i] = b; disk[i] = b; last[i] = 0
		:: else -> goto idle
		fi
#ifdef AHEAD
	:: !STARTED(b) && b != 1 && STARTED(b-1) && slot[i] == b - 1 && OWN(i, b-1) && T > 1 && tid[b-1] < T && owner[tid[b-1]+1] == 0 ->
		t = tid[b-1] + 1;
		prepare(i, b, t); psp[b] = sp[i] | BIT(tid[b-1]); yes[b] = 0
#endif
#ifdef JEARLY
	:: i == J && !STARTED(b) && b != 1 && STARTED(b-1) && HOLDS(J, NA) && HELD(i, slot[i]) && !ISM(i) && OPEN(i) && T > 1 && owner[2] == 0 ->
		members[i] = voters[slot[i]]; prepare(i, b, 2); pe[b] = epoch[i] + 1; psp[b] = sp[i] | BIT(NA)
#endif
	/* PREPARE: yes, durable before it is said, or no */
	:: OTHERS(i, b) && !(seen[b] & BIT(i)) ->
		seen[b] = seen[b] | BIT(i);
		if
		:: epoch[i] == pe[b] && MAYVOTE(i) && sp[i] == psp[b] && slot[i] == 0 && !REFUSED(i, b) ->
#ifndef OUTCOMES
			assert(JVOTES(i, b) || ISM(i));
#endif
			slot[i] = b; yes[b] = yes[b] | BIT(i); printf("n%d B%d YES\n", i, b);
#ifndef VOLYES
			disk[i] = b; last[i] = 0
#endif
#ifdef STALEJ
		:: JVOTES(i, b) && OPEN(i) && sp[i] != psp[b] && slot[i] == 0 && !REFUSED(i, b) ->
			slot[i] = b; disk[i] = b; yes[b] = yes[b] | BIT(i); printf("n%d B%d YES, stale\n", i, b)
#endif
		:: else -> printf("n%d B%d NO\n", i, b)
		fi
#ifdef VOLYES
	:: OTHERS(i, b) && slot[i] == b && disk[i] == 0 -> disk[i] = b
#endif
	/* all yes: the coordinator commits and answers */
	:: COUNTING(i, b) && MAYLEAD(i) && ALLYES(b) ->
#ifndef OUTCOMES
		a = 0;
		do :: a < N -> assert(!VOTER(a, b) || HELD(a, b) || APPLIED(a, tid[b])); a++ :: else -> break od;
		a = 0;
#endif
		apply(i, b)
	/* a slot learns its fate: COMMIT, or a hello from that position */
	:: STARTED(b) && HELD(i, b) && (co[b] != i || HAS(doubt, b)) && INHISTORY(b) -> apply(i, b)
	/* or a PREPARE on the successor Sync-Point */
	:: OTHERS(i, b) && !(seen[b] & BIT(i)) && slot[i] != 0 && HELD(i, slot[i]) && (co[slot[i]] != i || HAS(doubt, slot[i])) &&
	   psp[b] == (sp[i] | BIT(tid[slot[i]])) && pe[b] == epoch[i] + (tid[slot[i]] == NA) ->
#ifndef OUTCOMES
		assert(INHISTORY(slot[i]));
#endif
		b = slot[i]; apply(i, b)
	/* a no, or giving way: the refusal is durable, then ABORT; tried again or for good */
	:: VOTING(i, b) && OPEN(i) && MAYREVOKE(b) ->
		printf("n%d revokes B%d\n", i, b);
#ifdef SOFTGIVE
		slot[i] = 0; disk[i] = 0; aborts = aborts | BIT(b)
#else
		last[i] = 0; refused[i] = refused[i] | BIT(b); aborts = aborts | BIT(b); doubt = doubt & ~BIT(b);
#ifndef VOTEBYTID
		yes[b] = 0;
#endif
#ifndef VOLGIVE
		disk[i] = 0;
#endif
		if :: tid[b] != NA -> slot[i] = 0 :: skip fi
#endif
	/*
	 * ABORT, or INQUIRE after a lost connection or a restart: whoever holds no yes (any more) refuses
	 * durably, then says so. Only an ABORT drops a yes.
	 */
	:: OTHERS(i, b) && !HAS(refused[i], b) && (epoch[i] == pe[b] || JVOTES(i, b)) && OPEN(i) &&
	   (HAS(aborts, b) || (LOST && slot[co[b]] == b && slot[i] != b && !APPLIED(i, tid[b]))) ->
		printf("n%d refuses B%d\n", i, b);
		refused[i] = refused[i] | BIT(b); last[i] = 0;
#ifdef VOLREF
		confirmed[b] = confirmed[b] | BIT(i);
#else
		seen[b] = seen[b] | BIT(i);
#endif
		if :: slot[i] == b -> slot[i] = 0; disk[i] = 0 :: else fi
	:: ABORTING(i, b) && ALLCONFIRMED(b) ->
		told[tid[b]] = 2; slot[i] = 0; printf("n%d T%d ABORTED told\n", i, tid[b])
#ifdef DROPABSENT
	:: OTHERS(i, b) && HELD(i, b) && OPEN(i) ->
		j = 0; do :: j < N-1 -> j++ :: break od;
		if
		:: j != i && UP(j) && !APPLIED(j, tid[b]) -> slot[i] = 0; disk[i] = 0; refused[i] = refused[i] | BIT(b)
		:: else -> goto idle
		fi
#endif
	:: else -> goto idle
	fi
}

/* power, and copying the history */
inline node_step(i) {
	if
	:: UP(i) && crashes < CRASHES ->
		up = up & ~BIT(i); crashes++; printf("n%d CRASH\n", i);
		/* the own yes was not durable yet: no restart brings the batch back, ABORT to whoever holds a yes */
		if
		:: disk[i] != 0 && VOTING(i, disk[i]) && !HAS(doubt, disk[i]) && OPEN(i) ->
			aborts = aborts | BIT(disk[i]); yes[disk[i]] = 0; disk[i] = 0; printf("n%d forgot its own yes\n", i)
		:: true
		fi;
#ifdef VOLGIVE
		refused[i] = 0;
#endif
#ifdef VOLREF
		c = 1; do :: c <= B -> if :: co[c] != i -> refused[i] = refused[i] & ~BIT(c) :: else fi; c++ :: else -> break od; c = 0;
#endif
		slot[i] = disk[i]
	:: !UP(i) && !(dead & BIT(i)) ->
		up = up | BIT(i); printf("n%d RESTART\n", i);
		/* the commit record was not waited for */
		if
		:: last[i] != 0 ->
			printf("n%d forgot that B%d is committed\n", i, last[i]);
			nlen[i] = nlen[i] - 1; LOG(i, nlen[i]) = 0; sp[i] = sp[i] & ~BIT(tid[last[i]]);
			disk[i] = last[i];
#ifdef OWNVOL
			if :: co[disk[i]] == i -> aborts = aborts | BIT(disk[i]); disk[i] = 0 :: else fi;
#endif
			slot[i] = disk[i]
		:: true
		fi;
		last[i] = 0;
#ifdef NDFORGET
		fence[i] = 0;
#endif
#ifdef NDFORGETACC
		acc[i] = 0;
#endif
		if :: slot[i] != 0 && co[slot[i]] == i -> doubt = doubt | BIT(slot[i]) :: else fi
#ifdef JOIN
	/* Live-Sync: a yes is dropped only if a member's history went on without it */
	:: UP(i) && i == J && !ISM(J) ->
		j = 0; do :: j < N-2 -> j++ :: break od;
		if
		:: UP(j) && !(HOLDS(J, NA) && APPLIED(j, NA)) && !(members[j] & BIT(J)) && (nlen[j] > nlen[J] || epoch[j] > epoch[J]
#ifdef JDROP
		   || (HOLDS(J, NA) && !APPLIED(j, NA))
#endif
		   ) ->
			printf("n%d copies n%d: %d TLs, e%d\n", J, j, nlen[j], epoch[j]);
			d_step {
			if :: disk[J] != 0 -> refused[J] = refused[J] | BIT(disk[J]); slot[J] = 0; disk[J] = 0 :: else fi;
			if :: epoch[j] > epoch[J] -> fence[J] = 0 :: else fi;
			c = 0; do :: c < nlen[j] -> LOG(J, c) = LOG(j, c); c++ :: else -> break od; c = 0;
			nlen[J] = nlen[j]; sp[J] = sp[j]; epoch[J] = epoch[j]; members[J] = members[j]; last[J] = 0
			}
#ifndef OLDONLY
		/* somebody counts it as a member that has neither voted for it nor was declared down */
		:: !(gone & BIT(J)) && UP(j) && (members[j] & BIT(J)) && !HOLDS(J, NA) -> assert(false)
#endif
		:: else -> goto idle
		fi
#endif
	:: else -> goto idle
	fi
}

#ifdef JOIN
#define NAYES(k) nd_yes[(k)*(BATCHES+1)+c]
/* c is the batch of the NODE_ADD, the newcomer answered and holds no yes for it */
#define JREFUSES(k) (tid[c] == NA && (nd_rep[k] & BIT(J)) && !(NAYES(k) & BIT(J)))
/* a NODE_ADD that all survivors hold needs the newcomer's answer, or it is declared down with the rest */
#ifdef NDNOJ
#define JANSWERED(k) true
#else
#define ALLHOLDNA(k,x) (STARTED(x) && tid[x] == NA && (nd_yes[(k)*(BATCHES+1)+(x)] & nd_nm[k]) == nd_nm[k])
#define JANSWERED(k) (nd_prev[k] != 0 || HAS(nd_sp[k],NA) || (nd_rep[k] & BIT(J)) || MAYDOWN(BIT(J)) || \
	!(ALLHOLDNA(k,1) || ALLHOLDNA(k,2) || ALLHOLDNA(k,3) || ALLHOLDNA(k,4)))
#endif
#else
#define JREFUSES(k) false
#define JANSWERED(k) true
#endif
#ifdef NDDROP
#define MAYCARRY(k) false
#else
#ifdef NDABORT
#define MAYCARRY(k) (tid[c] != NA)
#else
#define MAYCARRY(k) (!JREFUSES(k))
#endif
#endif
#ifdef NDOWNLOG
#define TAKES(i,k) (nd_ini[k] == i)
#else
#define TAKES(i,k) (nlen[i] > nd_len[k])
#endif

/* attempt k has all answers: its value is the longest history, the batch that all hold, a record, the survivors */
inline decide(i, k) {
	d_step {
	nd_val[k] = k; nd_new[k] = nd_nm[k]; nd_ne[k] = nd_e[k] + 1; c = 1;
	do
	:: c <= B ->
		if
		:: STARTED(c) && !HAS(nd_sp[k], tid[c]) && (nd_yes[k*(BATCHES+1)+c] & nd_nm[k]) == nd_nm[k] && MAYCARRY(k) ->
			nd_log[k*LOGMAX+nd_len[k]] = tid[c]; nd_len[k] = nd_len[k] + 1; nd_sp[k] = nd_sp[k] | BIT(tid[c]);
			nd_b[k] = c;
#ifdef JOIN
			if
			:: tid[c] == NA ->
				nd_ne[k] = nd_e[k] + 1 + ADDS(k);
#ifdef NDNOJ
				nd_new[k] = nd_new[k] | BIT(J)
#else
				/* it answered: it is in; else it is declared down with the rest */
				if :: nd_rep[k] & BIT(J) -> nd_new[k] = nd_new[k] | BIT(J) :: else fi
#endif
			:: else
			fi;
#endif
			break
		:: else -> c++
		fi
	:: else -> break
	od;
	c = 0;
#ifndef NOREC
	nd_log[k*LOGMAX+nd_len[k]] = T + k; nd_len[k] = nd_len[k] + 1; nd_sp[k] = nd_sp[k] | BIT(T + k);
#endif
	printf("ND%d value: sp%d NL%d e%d\n", k, nd_sp[k], nd_new[k], nd_ne[k])
	}
}

/* node i enters the epoch of value k */
inline adopt(i, k) {
	printf("n%d adopts ND%d: sp%d NL%d e%d\n", i, k, nd_sp[k], nd_new[k], nd_ne[k]);
	d_step {
	assert((sp[i] & ~nd_sp[k]) == 0);
	gone = gone | ((nl[nd_e[k]] | (HAS(nd_sp[k], NA & 7) && NA == 1 -> BIT(N-1) : 0)) & ~nd_new[k]);
	if :: nd_b[k] != 0 -> history = history | BIT(nd_b[k]) :: else fi;
	c = 0; do :: c < nd_len[k] -> LOG(i, c) = nd_log[k*LOGMAX+c]; c++ :: else -> break od;
	/* a yes that is not carried over is refused for ever */
	if :: disk[i] != 0 && !HAS(nd_sp[k], tid[disk[i]]) -> refused[i] = refused[i] | BIT(disk[i]) :: else fi;
	c = 1;
	do
	:: c <= T -> if :: owner[c] == i + 1 && told[c] == 0 && HAS(nd_sp[k], c) -> told[c] = 1 :: else fi; c++
	:: else -> break
	od;
	c = 0;
	nlen[i] = nd_len[k]; sp[i] = nd_sp[k]; epoch[i] = nd_ne[k]; members[i] = nd_new[k];
	slot[i] = 0; disk[i] = 0; last[i] = 0; fence[i] = 0; acc[i] = 0;
	enter(i)
	}
}

/* one event of node i in node-down attempt k */
inline down_step(i, k) {
	if
	/* asked for at survivor i: who is down */
	:: !HAS(on, k) && (k == 1 || HAS(on, k-1)) && ISM(i) ->
		m = 1; do :: m < ALL -> m++ :: break od;
		if
		:: (m & members[i]) == m && !(m & BIT(i)) && MAYDOWN(m) && ENOUGH(members[i] & ~m, members[i]) ->
			on = on | BIT(k); nd_ini[k] = i; nd_e[k] = epoch[i]; nd_nm[k] = members[i] & ~m;
#if defined(FORCE) && !defined(SPLIT) && !defined(COMEBACK)
			dead = dead | m;
#endif
			printf("ND%d at n%d, e%d, survivors%d\n", k, i, epoch[i], nd_nm[k])
		:: else -> goto idle
		fi
	/* a survivor promises: it freezes and reports */
	:: HAS(on, k) && !HAS(decided, k) && (nd_nm[k] & BIT(i)) && !(nd_rep[k] & BIT(i)) && epoch[i] == nd_e[k] && ISM(i) &&
	   fence[i] < BALLOT(k) ->
		printf("ND%d promise of n%d: holds B%d, sp%d, accepted ND%d\n", k, i, disk[i], sp[i], acc[i]);
		fence[i] = BALLOT(k); last[i] = 0; nd_rep[k] = nd_rep[k] | BIT(i);
		if :: acc[i] != 0 && (nd_prev[k] == 0 || BALLOT(acc[i]) > BALLOT(nd_prev[k])) -> nd_prev[k] = acc[i] :: else fi;
		d_step {
		if :: disk[i] != 0 -> nd_yes[k*(BATCHES+1)+disk[i]] = nd_yes[k*(BATCHES+1)+disk[i]] | BIT(i) :: else fi;
		if
		:: TAKES(i, k) ->
			c = 0; do :: c < nlen[i] -> nd_log[k*LOGMAX+c] = LOG(i, c); c++ :: else -> break od; c = 0;
			nd_len[k] = nlen[i]; nd_sp[k] = sp[i]
		:: else
		fi
		}
#ifdef JOIN
	/* the newcomer of an undecided NODE_ADD answers: its yes freezes it, or it refuses durably */
	:: i == J && !ISM(J) && HAS(on, k) && !HAS(decided, k) && b != 0 && STARTED(b) && tid[b] == NA && pe[b] == nd_e[k] &&
	   !(nd_rep[k] & BIT(J)) && epoch[i] <= nd_e[k] && fence[i] < BALLOT(k) ->
		nd_rep[k] = nd_rep[k] | BIT(J); last[J] = 0; printf("ND%d answer of n%d: holds B%d\n", k, i, disk[i]);
		if
		:: HOLDS(J, NA) -> fence[i] = BALLOT(k); nd_yes[k*(BATCHES+1)+b] = nd_yes[k*(BATCHES+1)+b] | BIT(J)
#ifdef JNOREF
		:: else
#else
		:: else -> refused[i] = refused[i] | BIT(b)
#endif
		fi
#endif
	/* all survivors answered */
	:: HAS(on, k) && !HAS(decided, k) && nd_ini[k] == i && (nd_rep[k] & nd_nm[k]) == nd_nm[k] && epoch[i] == nd_e[k] &&
	   fence[i] == BALLOT(k) && JANSWERED(k) ->
		decided = decided | BIT(k);
		if
		:: CARRIED(k) -> nd_val[k] = nd_val[nd_prev[k]]; nd_len[k] = 0; nd_sp[k] = 0; printf("ND%d carries ND%d on\n", k, nd_val[k]);
			d_step { c = 0; do :: c < LOGMAX -> nd_log[k*LOGMAX+c] = 0; c++ :: else -> break od; c = 0 }
		:: else -> decide(i, k)
		fi;
		d_step {
		nd_rep[k] = 0; nd_prev[k] = 0;
		c = 0; do :: c <= BATCHES -> nd_yes[k*(BATCHES+1)+c] = 0; c++ :: else -> break od; c = 0
		}
	:: HAS(decided, k) && ISM(i) && epoch[i] == nd_e[k] && MAYACCEPT(i, k) && !(nd_acc[k] & BIT(i)) ->
		fence[i] = BALLOT(k); acc[i] = k; last[i] = 0; nd_acc[k] = nd_acc[k] | BIT(i); printf("ND%d accepted by n%d\n", k, i)
	/* chosen: whoever the value keeps adopts it, also from e+1 if it applied the NODE_ADD in between */
	:: HAS(decided, k) && CHOSEN(k) && (nd_new[VALUE(k)] & BIT(i)) && epoch[i] < nd_ne[VALUE(k)] && epoch[i] >= nd_e[VALUE(k)] && FITS(i, VALUE(k)) ->
		k = VALUE(k); adopt(i, k)
	:: else -> goto idle
	fi
}

/* --- what must hold in every state --- */

#define KNOWN(a,t) (APPLIED(a,t) || HOLDS(a,t))

inline check_history() {
	a = 0;
	do
	:: a < N ->
		m = 0;
		do
		:: m < a ->
#ifdef SPLIT
			/* one position, one history and one node list: a split brain shows */
			assert(epoch[a] != epoch[m] || sp[a] != sp[m] || members[a] == members[m]);
			c = (sp[a] == sp[m] -> 0 : LOGMAX);
#else
			/* I1, I2: histories are prefixes of one */
			c = 0;
#endif
			do
			:: c < nlen[a] && c < nlen[m] -> assert(LOG(a, c) == LOG(m, c)); c++
			:: else -> break
			od;
			m++
		:: else -> break
		od;
		a++
	:: else -> break
	od
}

inline check_told() {
	t = 1;
	do
	:: t <= T ->
		a = 0; m = 0;
		do :: a < N -> m = m | sp[a]; a++ :: else -> break od;
		a = 0;
		do
		:: a < N ->
			/* I4: told aborted is never applied */
			assert(!(told[t] == 2 && APPLIED(a, t)));
			/* I3: told committed, or read anywhere, is known to every node of the newest node list */
			assert(!(t != NA && (told[t] == 1 || HAS(m, t)) && (nl[maxe] & BIT(a)) && !(gone & BIT(a)) && !KNOWN(a, t)));
			a++
		:: else -> break
		od;
		t++
	:: else -> break
	od
}

init {
	byte i = 0, b = 0, k = 0, t = 0, j = 0, m = 0, a = 0, c = 0;

	d_step {
		do :: i < N -> members[i] = FIRST; i++ :: else -> break od;
		i = 0; up = ALL; nl[0] = FIRST
	}
end:	do
	:: atomic {
		do :: i < N-1 -> i++ :: break od;
		if
		:: UP(i) -> b = 1; do :: b < B -> b++ :: break od; batch_step(i, b)
		:: node_step(i)
		:: UP(i) && DOWNS > 0 -> k = 1; do :: k < DOWNS -> k++ :: break od;
#ifdef JOIN
			if :: i == J -> b = 1; do :: b < B -> b++ :: break od :: else fi;
#endif
			down_step(i, k)
		fi;
		d_step {
		j = 0; t = 0; m = 0; a = 0; c = 0;
		check_history();
#ifndef SPLIT
		check_told()
#endif
		};
idle:		i = 0; b = 0; k = 0; t = 0; j = 0; m = 0; a = 0; c = 0
	}
	od
}
