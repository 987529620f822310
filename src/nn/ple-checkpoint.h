/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/ple-progress.h"
#include "nn/ple-optimiser.h"

G_BEGIN_DECLS

/**
 * PleCheckpoint:
 *
 * A list of all that a training run consists of, made once: sets of parameters (networks,
 * averages), optimisers, random streams, counters. Saving writes all of it into one .safetensors
 * file; loading puts it back, so that a killed run goes on to the same bits as one that was left
 * alone. Schedules are functions of a counter. What is added is borrowed.
 */
typedef struct _PleCheckpoint PleCheckpoint;

/* @run: what decides the result (a hash of data, settings and seed): a file of another run is not
 * taken. */
PleCheckpoint *ple_checkpoint_new (const char *run);
void ple_checkpoint_free (PleCheckpoint *checkpoint);

void ple_checkpoint_add_parameters (PleCheckpoint *checkpoint,
                                    const char *name,
                                    PleParameters *parameters);
void
ple_checkpoint_add_optimiser (PleCheckpoint *checkpoint, const char *name, PleOptimiser *optimiser);
void ple_checkpoint_add_rng (PleCheckpoint *checkpoint, const char *name, PleRng *rng);
void ple_checkpoint_add_counter (PleCheckpoint *checkpoint, const char *name, guint64 *counter);
void
ple_checkpoint_add_doubles (PleCheckpoint *checkpoint, const char *name, double *values, size_t n);
void
ple_checkpoint_add_floats (PleCheckpoint *checkpoint, const char *name, float *values, size_t n);

/**
 * PleCheckpointPace:
 * @progress: of the training
 * @saved: when a checkpoint was last begun, monotonic
 * @took: microseconds that it took
 * @cancelled: when the cancel was first seen, or 0
 *
 * When to save, and how long to go on with it. A cancelled job shall end within 200 ms, but a state
 * of 100 MB may take a second to write where memory or disk are busy. So a checkpoint that is not
 * written 100 ms after the cancel is given up, and the one before stands; and so that little has
 * to be trained again then (to the same bits), one is due every 30 seconds, or 20 times as long as
 * one takes.
 */
typedef struct
{
  PleProgress *progress;
  gint64 saved;
  gint64 took;
  gint64 cancelled;
} PleCheckpointPace;

void ple_checkpoint_pace_init (PleCheckpointPace *pace, PleProgress *progress);
gboolean ple_checkpoint_pace_is_due (const PleCheckpointPace *pace);
/* Around the writing of one. */
void ple_checkpoint_pace_begin (PleCheckpointPace *pace);
void ple_checkpoint_pace_end (PleCheckpointPace *pace);
/* For ple_safetensors_writer_set_limit(): @pace of a PleCheckpointPace. */
gboolean ple_checkpoint_pace_go_on (gpointer pace);

/* Saving by @pace from now on (borrowed). */
void ple_checkpoint_set_pace (PleCheckpoint *checkpoint, PleCheckpointPace *pace);

/* Replaces the file at once; not synced, but summed: see %PLE_SAFETENSORS_QUICK.
 * %G_IO_ERROR_CANCELLED if the pace left no time; the file that was there stays then. */
gboolean ple_checkpoint_save (PleCheckpoint *checkpoint, const char *path, GError **error);

/**
 * ple_checkpoint_load:
 *
 * Returns: %TRUE if the run goes on from @path. %FALSE with %G_FILE_ERROR_NOENT if there is no
 * file, %PLE_FILE_ERROR_MISMATCH if it is damaged or of another run: nothing has changed then,
 * start over. Other errors mean that the state is half read
 */
gboolean ple_checkpoint_load (PleCheckpoint *checkpoint, const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleCheckpoint, ple_checkpoint_free)

G_END_DECLS
