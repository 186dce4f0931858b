// SPDX-License-Identifier: GPL-2.0
/*
 * hsmreplctl: a progress bar.
 */
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"

#define BAR_WIDTH	30
#define REDRAW_MS	100

static uint64_t clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

void progress_begin(struct progress *progress, FILE *input)
{
	struct stat st;

	*progress = (struct progress) {
		.visible = isatty(STDERR_FILENO),
		.begin_ms = clock_ms(),
	};
	if (!fstat(fileno(input), &st) && S_ISREG(st.st_mode))
		progress->total = st.st_size;
}

void progress_bytes(struct progress *progress, uint64_t bytes)
{
	progress->bytes += bytes;
}

static void draw_bar(const struct progress *progress)
{
	unsigned int filled = progress->bytes * BAR_WIDTH / progress->total;
	unsigned int i;

	fputc('[', stderr);
	for (i = 0; i < BAR_WIDTH; i++)
		fputc(i < filled ? '#' : '-', stderr);
	fprintf(stderr, "] %3llu%% ",
		(unsigned long long)(progress->bytes * 100 / progress->total));
}

void progress_show(struct progress *progress, uint64_t done)
{
	uint64_t now, elapsed, rate, left;

	if (!progress->visible)
		return;
	now = clock_ms();
	if (now - progress->shown_ms < REDRAW_MS)
		return;
	progress->shown_ms = now;
	elapsed = now - progress->begin_ms;
	rate = elapsed ? done * 1000 / elapsed : 0;
	fputc('\r', stderr);
	if (progress->total)
		draw_bar(progress);
	fprintf(stderr, "%llu objects, %llu/s", (unsigned long long)done, (unsigned long long)rate);
	if (progress->total && progress->bytes) {
		left = elapsed * (progress->total - progress->bytes) / progress->bytes / 1000;
		fprintf(stderr, ", %llu s left", (unsigned long long)left);
	}
	fputs("\033[K", stderr);
}

void progress_line(struct progress *progress, unsigned int percent, const char *text)
{
	if (!progress->visible)
		return;
	progress->shown_ms = clock_ms();
	progress->total = 100;
	progress->bytes = percent;
	fputc('\r', stderr);
	draw_bar(progress);
	fprintf(stderr, "%s\033[K", text);
}

void progress_end(struct progress *progress)
{
	if (progress->visible && progress->shown_ms)
		fputs("\r\033[K", stderr);
}

uint64_t progress_ms(const struct progress *progress)
{
	return clock_ms() - progress->begin_ms;
}
