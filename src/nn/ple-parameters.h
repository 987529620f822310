/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "nn/ple-safetensors.h"
#include "nn/ple-tape.h"

G_BEGIN_DECLS

/**
 * PleParameterFlags:
 * @PLE_PARAMETER_NO_DECAY: weight decay and LARS pass it over: biases, gains, centres
 * @PLE_PARAMETER_BUFFER: not trained, but part of the state: running statistics
 */
typedef enum
{
  PLE_PARAMETER_DEFAULT = 0,
  PLE_PARAMETER_NO_DECAY = 1 << 0,
  PLE_PARAMETER_BUFFER = 1 << 1,
} PleParameterFlags;

/* How a tensor begins; fan-in is the product of all sizes but the first, fan-out the first. */
typedef enum
{
  PLE_INIT_ZEROS,
  PLE_INIT_ONES,
  PLE_INIT_NORMAL,         /* N(0, scale²) */
  PLE_INIT_UNIFORM,        /* U(-scale, scale) */
  PLE_INIT_XAVIER_UNIFORM, /* U(-b, b), b = scale sqrt (6 / (fan-in + fan-out)); Glorot 2010 */
  PLE_INIT_KAIMING_NORMAL, /* N(0, scale² 2 / fan-in); He 2015 */
  PLE_INIT_KAIMING_UNIFORM /* U(-b, b), b = scale / sqrt (fan-in): what PyTorch gives a layer */
} PleInit;

typedef struct
{
  char *name;
  PleTensor *tensor;
  PleParameterFlags flags;
} PleParameter;

/**
 * PleParameters:
 *
 * The named tensors of a network, in the order in which its layers asked for them.
 */
typedef struct _PleParameters PleParameters;

PleParameters *ple_parameters_new (const PleDevice *device);
void ple_parameters_free (PleParameters *parameters);

/* A new tensor, owned by the set. @rng may be NULL for zeros and ones. %NULL if memory is short. */
PleTensor *ple_parameters_add (PleParameters *parameters,
                               const char *name,
                               guint n_dims,
                               const size_t *shape,
                               PleParameterFlags flags,
                               PleInit init,
                               double scale,
                               PleRng *rng,
                               GError **error);

size_t ple_parameters_get_n (const PleParameters *parameters);
const PleParameter *ple_parameters_get (const PleParameters *parameters, size_t i);
/* %NULL if there is none of that name. */
PleTensor *ple_parameters_find (const PleParameters *parameters, const char *name);
/* Numbers in all tensors that are trained. */
size_t ple_parameters_count (const PleParameters *parameters);

/* The nodes of all that is trained, in order; (transfer container) of *n nodes. */
PleNode **ple_parameters_to_tape (const PleParameters *parameters, PleTape *tape, size_t *n);

/* Values from another set of the same names and shapes. */
void ple_parameters_copy (PleParameters *to, const PleParameters *from);
/* Moving average: to += (1 - momentum) (from - to); buffers are copied. Returns: %FALSE if
 * cancelled */
gboolean ple_parameters_average (PleParameters *to,
                                 const PleParameters *from,
                                 double momentum,
                                 PleProgress *progress);

/* Tensors "PREFIX.NAME" (without a prefix for NULL). The writer borrows from the set until the next
 * save or the end of the set. */
void
ple_parameters_save (PleParameters *parameters, PleSafetensorsWriter *writer, const char *prefix);
/* All of them must be there, in the right shapes; any type that can be converted. */
gboolean ple_parameters_load (PleParameters *parameters,
                              const PleSafetensors *file,
                              const char *prefix,
                              GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PleParameters, ple_parameters_free)

G_END_DECLS
