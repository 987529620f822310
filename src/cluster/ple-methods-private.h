/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cluster/ple-method.h"

G_BEGIN_DECLS

/* The methods, one per file. */
extern const PleMethod ple_agglomerative_method;
extern const PleMethod ple_cludi_method;
extern const PleMethod ple_kmeans_method;
extern const PleMethod ple_minibatch_kmeans_method;
extern const PleMethod ple_spherical_kmeans_method;
extern const PleMethod ple_temi_method;

G_END_DECLS
