/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

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

/* Replaces the file at once; not synced, but summed: see %PLE_SAFETENSORS_QUICK. */
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
