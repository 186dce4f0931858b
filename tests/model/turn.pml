/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who may go next: the turn, collisions and retries, all nodes up and connected (agent/core/turn.c, and what
 * coord.c, voter.c do with it). Every submission must end: I8 of Documentation/protocol.md.
 *
 * Connections deliver in order and lose nothing. Time passes only when nothing else can happen: a tick of 100 ms
 * is long beside a message. Then one node after the other ticks, with its heartbeat and its patience over.
 * What the nodes believe of the turn at the start is arbitrary, so is how much each has queued.
 *
 * Property "ends": every run comes to the point where all is committed, and stays there. Scheduling needs no
 * fairness, since time waits for messages: a run that goes round for ever is a livelock.
 * Asserted beside it: how many batches of others go before one that waits.
 *
 *  bounds  N nodes, QUEUE transactions at most for each, NUMBERS first turn numbers
 *  AGREED  at the start all know that node 0 has the turn
 *
 * Mutants:
 *  NOCALM    a batch that collided is tried again at once
 *  GREEDY    the holder goes first as long as it has something queued
 *  NOTIE     of two turns with one number, each node keeps its own
 *  KEEPGRANT a grant that nobody uses does not give way
 */
#ifndef N
#define N 2
#endif
#ifndef QUEUE
#define QUEUE 1
#endif
#ifndef NUMBERS
#define NUMBERS 2
#endif
#ifndef SHARE
#define SHARE (2*(N-1))		/* batches of others before one that waits */
#endif
#define WANT_TRIES 3
#define CHANNEL 10
#define TURNS 100		/* a turn number that only a livelock reaches */
#define BIT(x) (1<<(x))
#define ALL (BIT(N)-1)
#define NOBODY 255

mtype = { PREPARE, YES, NO, COMMIT, ABORT, WANT, TURN, HELLO };

/* from * N + to: type, turn (number, holder), batch number, seq that the batch stands on */
chan link[N*N] = [CHANNEL] of { mtype, byte, byte, byte, byte };

byte queued[N];			/* at the device, a claimed batch included */
byte seq[N];
byte number[N];			/* the turn as this node knows it */
byte holder[N];
byte want[N*N];			/* who asked, in order */
byte n_want[N];
bool used[N];
bool asked[N];
byte tries[N];
bool calm[N];
bool granted[N];
bool revoking[N];
byte slot[N];			/* coordinator of the batch in it */
byte batch[N];			/* its number */
byte votes[N];
byte counter[N];		/* numbers of own batches */
byte waited[N];			/* batches of others since this node has something queued */
byte clock;			/* who ticks next */

#define LINK(i,j) link[(i)*N+(j)]
#define MINE(i) (holder[i] == (i))
#define WAITS(i) (queued[i] > 0 && slot[i] != (i))
#ifdef GREEDY
#define OTHERSFIRST(i) (n_want[i] > 0 && !WAITS(i))
#define HANDSON(i) (n_want[i] > 0 && MINE(i) && queued[i] == 0)
#else
#define OTHERSFIRST(i) (n_want[i] > 0 && (used[i] || !WAITS(i)))
#define HANDSON(i) (n_want[i] > 0 && MINE(i))
#endif
#if N == 2
#define DONE (queued[0] == 0 && queued[1] == 0)
#define QUIET (len(LINK(0,1)) + len(LINK(1,0)) == 0)
#define CANACT(i) (revoking[i] || (granted[i] && queued[i] > 0))
#define STILL (QUIET && !CANACT(0) && !CANACT(1))
#else
#define DONE (queued[0] == 0 && queued[1] == 0 && queued[2] == 0)
#define QUIET (len(LINK(0,1)) + len(LINK(1,0)) + len(LINK(0,2)) + len(LINK(2,0)) + len(LINK(1,2)) + len(LINK(2,1)) == 0)
#define CANACT(i) (revoking[i] || (granted[i] && queued[i] > 0))
#define STILL (QUIET && !CANACT(0) && !CANACT(1) && !CANACT(2))
#endif

ltl ends { <> [] (DONE) }

#define SEND(i,j,type) LINK(i,j)!type, number[i], holder[i], batch[i], seq[i]

inline send_all(i, type) {
	x = 0;
	do
	:: x < N && x != i -> assert(nfull(LINK(i, x))); SEND(i, x, type); x++
	:: x == i -> x++
	:: x == N -> break
	od;
	x = 0
}

inline unwant(i, who) {
	x = 0; y = 0;
	do
	:: x < n_want[i] ->
		if :: want[i*N+x] != who -> want[i*N+y] = want[i*N+x]; y++ :: else fi;
		x++
	:: else -> break
	od;
	n_want[i] = y;
	do :: y < N -> want[i*N+y] = 0; y++ :: else -> break od;
	x = 0; y = 0
}

#ifdef NOTIE
#define NEWER(i) (tn > number[i])
#else
#define NEWER(i) (tn > number[i] || (tn == number[i] && th < holder[i]))
#endif

inline turn_adopt(i) {
	if
	:: NEWER(i) ->
		number[i] = tn; holder[i] = th; tries[i] = 0;
		unwant(i, th);
		if :: th == i -> used[i] = false; asked[i] = false :: else fi
	:: else
	fi
}

inline turn_pass(i) {
	if
	:: HANDSON(i) ->
		number[i] = number[i] + 1; holder[i] = want[i*N]; z = want[i*N];
		unwant(i, z); z = 0
	:: else
	fi
}

inline ask(i) {
	asked[i] = true; tries[i] = tries[i] + 1;
	if
	:: tries[i] <= WANT_TRIES -> send_all(i, WANT)
	:: else ->
		number[i] = number[i] + 1; holder[i] = i; used[i] = false; asked[i] = false; tries[i] = 0;
		send_all(i, TURN)
	fi
}

/* after each step of node i */
inline settle(i) {
	assert(number[i] < TURNS);
	if
	:: revoking[i]
	:: !revoking[i] && granted[i] ->
#ifndef KEEPGRANT
		if :: MINE(i) && !OTHERSFIRST(i) :: else -> revoking[i] = true fi
#else
		skip
#endif
	:: else ->
		if :: !MINE(i) && WAITS(i) && !asked[i] -> ask(i) :: else fi;
		if
		:: slot[i] != NOBODY || calm[i] || !MINE(i)
		:: else ->
			if
			:: OTHERSFIRST(i) -> turn_pass(i); send_all(i, TURN)
			:: else -> granted[i] = true
			fi
		fi
	fi
}

inline apply(i) {
	seq[i] = seq[i] + 1; slot[i] = NOBODY; batch[i] = 0
}

/* the device claims under the grant */
inline claim(i) {
	granted[i] = false; revoking[i] = false; asked[i] = false;
	counter[i] = (counter[i] + 1) % 8; slot[i] = i; batch[i] = counter[i]; votes[i] = BIT(i);
	send_all(i, PREPARE)
}

/* all yes */
inline commit(i) {
	printf("n%d commits on %d\n", i, seq[i]);
	z = batch[i];
	apply(i);
	queued[i] = queued[i] - 1; used[i] = true; waited[i] = 0; votes[i] = 0;
	x = 0;
	do
	:: x < N ->
		if :: x != i && queued[x] > 0 -> waited[x] = waited[x] + 1; assert(waited[x] <= SHARE) :: else fi;
		x++
	:: else -> break
	od;
	batch[i] = z; z = 0;
	turn_pass(i);
	send_all(i, COMMIT);
	batch[i] = 0
}

/* a message of node j arrives at node i */
inline receive(i, j) {
	LINK(j, i)?what, tn, th, num, at;
	if
	:: what == PREPARE ->
		if
		:: slot[i] != NOBODY && slot[i] != i && at == seq[i] + 1 -> apply(i)
		:: else
		fi;
		if
		:: slot[i] == NOBODY && !granted[i] && seq[i] == at ->
			slot[i] = j; batch[i] = num;
			LINK(i, j)!YES, number[i], holder[i], num, seq[i]
		:: else -> LINK(i, j)!NO, number[i], holder[i], num, seq[i]
		fi
	:: what == YES || what == NO ->
		turn_adopt(i);
		if
		:: slot[i] != i || batch[i] != num
		:: slot[i] == i && batch[i] == num && what == YES ->
			votes[i] = votes[i] | BIT(j);
			if :: votes[i] == ALL -> commit(i) :: else fi
		:: else ->
			printf("n%d collided on %d\n", i, seq[i]);
			send_all(i, ABORT);
			slot[i] = NOBODY; batch[i] = 0; votes[i] = 0;
#ifndef NOCALM
			calm[i] = true
#endif
		fi
	:: what == COMMIT ->
		turn_adopt(i); calm[i] = false;
		if :: slot[i] == j && batch[i] == num -> apply(i) :: else fi
	:: what == ABORT ->
		calm[i] = false;
		if :: slot[i] == j && batch[i] == num -> slot[i] = NOBODY; batch[i] = 0 :: else fi
	:: what == WANT -> calm[i] = false; unwant(i, j); want[i*N+n_want[i]] = j; n_want[i] = n_want[i] + 1
	:: what == TURN -> calm[i] = false; turn_adopt(i)
	:: what == HELLO -> turn_adopt(i)
	fi;
	what = 0; tn = 0; th = 0; num = 0; at = 0
}

inline tick(i) {
	calm[i] = false; asked[i] = false;
	if :: granted[i] && n_want[i] > 0 -> used[i] = true :: else fi;
	send_all(i, HELLO)
}

proctype node(byte i) {
	mtype what = 0;
	byte j = 0, x = 0, y = 0, z = 0, tn = 0, th = 0, num = 0, at = 0;

end:	do
	:: atomic { STILL && !DONE && clock == i -> clock = (clock + 1) % N; tick(i); settle(i) }
	:: atomic { granted[i] && queued[i] > 0 -> claim(i); settle(i) }
	:: atomic { revoking[i] -> revoking[i] = false; granted[i] = false; settle(i) }
	:: atomic { nempty(LINK((i+1)%N, i)) -> j = (i+1)%N; receive(i, j); settle(i); j = 0 }
#if N > 2
	:: atomic { nempty(LINK((i+2)%N, i)) -> j = (i+2)%N; receive(i, j); settle(i); j = 0 }
#endif
	od
}

init {
	byte i = 0, x = 0, y = 0, z = 0;

	atomic {
	do
	:: i < N ->
		slot[i] = NOBODY;
		do :: queued[i] < QUEUE -> queued[i] = queued[i] + 1 :: break od;
		number[i] = 1; do :: number[i] < NUMBERS -> number[i] = number[i] + 1 :: break od;
#ifndef AGREED
		do :: holder[i] < N - 1 -> holder[i] = holder[i] + 1 :: break od;
#endif
		i++
	:: else -> break
	od;
	i = 0;
	do :: i < N -> settle(i); i++ :: else -> break od;
	i = 0;
	do :: i < N -> run node(i); i++ :: else -> break od
	}
}
