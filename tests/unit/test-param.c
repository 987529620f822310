/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-param.h"

#include "base/ple-json.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

typedef struct
{
  int count;
  gint64 seed;
  double rate;
  bool fast;
  int mode;
  char *path;
  char *unset;
  int workers;
} Settings;

enum
{
  MODE_A,
  MODE_B = 7,
};

static const PleParamChoice modes[] = {
  { MODE_A, "first-mode", N_ ("First") },
  { MODE_B, "second_mode", N_ ("Second") },
  { 0, NULL, NULL },
};

/* clang-format off */
static const PleParam table[] = {
  PLE_INT    (Settings, count, "num_things", N_("Things"), 10, 2, 100,
              .aliases = "k old-name", .flags = PLE_PARAM_ZERO_IS_AUTO),
  PLE_INT64  (Settings, seed, "seed", N_("Seed"), 42, -9e18, 9e18),
  PLE_DOUBLE (Settings, rate, "rate", N_("Rate"), 0.5, 0, 1, .blurb = N_("How fast.")),
  PLE_BOOL   (Settings, fast, "fast", N_("Fast"), true),
  PLE_ENUM   (Settings, mode, "mode", N_("Mode"), MODE_A, modes),
  PLE_STRING (Settings, path, "path", N_("Path"), "here", .only_when = "mode=second_mode"),
  PLE_STRING (Settings, unset, "unset", N_("Unset"), NULL),
  PLE_INT    (Settings, workers, "workers", N_("Workers"), 1, 1, 64, .flags = PLE_PARAM_NO_EFFECT),
  PLE_PARAM_END
};
/* clang-format on */

static const PlePreset presets[] = {
  { "plain", N_ ("Plain"), "" },
  { "official", N_ ("Official"), "num_things=50 rate=0.25 mode=second_mode" },
  { NULL, NULL, NULL },
};

static PleParams *
make (void)
{
  return ple_params_new (table, sizeof (Settings));
}

static void
set (PleParams *params, const char *name, const char *value)
{
  g_autoptr (GError) error = NULL;

  ple_params_set (params, name, value, &error);
  g_assert_no_error (error);
}

static void
assert_refused (PleParams *params, const char *name, const char *value, PleParamError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ple_params_set (params, name, value, &error));
  g_assert_error (error, PLE_PARAM_ERROR, (int) code);
}

static void
assert_text (PleParams *params, const char *name, const char *expected)
{
  g_autofree char *text = ple_params_get (params, name);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_defaults (void)
{
  g_autoptr (PleParams) params = make ();
  const Settings *settings = ple_params_get_struct (params);

  g_assert_cmpint (settings->count, ==, 10);
  g_assert_cmpint (settings->seed, ==, 42);
  g_assert_cmpfloat (settings->rate, ==, 0.5);
  g_assert_true (settings->fast);
  g_assert_cmpint (settings->mode, ==, MODE_A);
  g_assert_cmpstr (settings->path, ==, "here");
  /* Never NULL, so that nobody has to ask. */
  g_assert_cmpstr (settings->unset, ==, "");
}

static void
test_text_in_and_out (void)
{
  static const char *const settings[][3] = {
    { "num_things", "7", "7" },
    { "num-things", "99", "99" },
    { "k", "5", "5" },
    { "old_name", "6", "6" },
    { "num_things", "0", "0" },
    { "seed", "-9000000000000000001", "-9000000000000000001" },
    { "rate", "1e-3", "0.001" },
    { "fast", "Off", "false" },
    { "fast", "1", "true" },
    { "mode", "second-mode", "second_mode" },
    { "mode", "first_mode", "first-mode" },
    { "path", "a b=c \xc3\xa9", "a b=c \xc3\xa9" },
    { "path", "", "" },
  };
  g_autoptr (PleParams) params = make ();

  for (size_t i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      set (params, settings[i][0], settings[i][1]);
      assert_text (params, settings[i][0], settings[i][2]);
    }
}

/* What is out of range is an error and changes nothing: never a silent clamp. */
static void
test_refuses (void)
{
  g_autoptr (PleParams) params = make ();
  g_autoptr (GError) error = NULL;

  assert_refused (params, "nothing", "1", PLE_PARAM_ERROR_UNKNOWN);
  assert_refused (params, "num_things", "1", PLE_PARAM_ERROR_RANGE);
  assert_refused (params, "num_things", "101", PLE_PARAM_ERROR_RANGE);
  assert_refused (params, "num_things", "99999999999", PLE_PARAM_ERROR_RANGE);
  assert_refused (params, "num_things", "99999999999999999999", PLE_PARAM_ERROR_VALUE);
  assert_refused (params, "num_things", "5.5", PLE_PARAM_ERROR_VALUE);
  assert_refused (params, "num_things", "", PLE_PARAM_ERROR_VALUE);
  assert_refused (params, "rate", "1.01", PLE_PARAM_ERROR_RANGE);
  assert_refused (params, "rate", "nan", PLE_PARAM_ERROR_RANGE);
  assert_refused (params, "rate", "inf", PLE_PARAM_ERROR_RANGE);
  assert_refused (params, "rate", "fast", PLE_PARAM_ERROR_VALUE);
  assert_refused (params, "fast", "maybe", PLE_PARAM_ERROR_VALUE);
  assert_refused (params, "mode", "third", PLE_PARAM_ERROR_VALUE);
  assert_refused (params, "path", "\xff", PLE_PARAM_ERROR_VALUE);
  assert_text (params, "num_things", "10");
  assert_text (params, "rate", "0.5");
  g_assert_false (ple_params_is_given (params, "num_things"));
  g_assert_false (ple_params_set_number (params, "rate", 2, &error));
  g_assert_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_RANGE);
  g_clear_error (&error);
  g_assert_false (ple_params_set_number (params, "num_things", 5.5, &error));
  g_assert_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_VALUE);
}

static void
test_presets (void)
{
  g_autoptr (PleParams) params = make ();
  g_autoptr (GError) error = NULL;

  set (params, "rate", "0.75");
  g_assert_true (ple_params_apply_preset (params, presets, "official", &error));
  assert_text (params, "num_things", "50");
  assert_text (params, "mode", "second_mode");
  /* What the person gave goes before the preset. */
  assert_text (params, "rate", "0.75");
  g_assert_false (ple_params_is_given (params, "num_things"));
  g_assert_true (ple_params_is_given (params, "rate"));
  g_assert_true (ple_params_apply_preset (params, presets, "plain", &error));
  assert_text (params, "num_things", "10");
  assert_text (params, "mode", "first-mode");
  assert_text (params, "rate", "0.75");
  g_assert_false (ple_params_apply_preset (params, presets, "none", &error));
  g_assert_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_VALUE);
  ple_params_reset (params);
  assert_text (params, "rate", "0.5");
  g_assert_false (ple_params_is_given (params, "rate"));
}

static void
count_cb (PleParams *params, gpointer data)
{
  (*(guint *) data)++;
}

/* A form that listens sees every value that differs from before. */
static void
test_signals (void)
{
  g_autoptr (PleParams) params = make ();
  guint n_rate = 0, n_things = 0, n_all = 0;

  g_signal_connect (params, "changed::rate", G_CALLBACK (count_cb), &n_rate);
  g_signal_connect (params, "changed::num_things", G_CALLBACK (count_cb), &n_things);
  g_signal_connect (params, "changed", G_CALLBACK (count_cb), &n_all);
  set (params, "old-name", "20");
  g_assert_cmpuint (n_things, ==, 1);
  g_assert_cmpuint (n_rate, ==, 0);
  g_assert_true (ple_params_set_number (params, "rate", 0.1, NULL));
  g_assert_cmpuint (n_rate, ==, 1);
  g_assert_false (ple_params_set (params, "rate", "7", NULL));
  g_assert_cmpuint (n_rate, ==, 1);
  g_assert_cmpuint (n_all, ==, 2);
  ple_params_reset (params);
  g_assert_cmpuint (n_things, ==, 2);
  ple_params_apply_preset (params, presets, "official", NULL);
  n_things = 0;
  ple_params_apply_preset (params, presets, "plain", NULL);
  g_assert_cmpuint (n_things, >, 0);
}

static void
test_json (void)
{
  g_autoptr (PleParams) params = make ();
  g_autoptr (PleParams) back = make ();
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (GError) error = NULL;
  static const char *const names[] = { "num_things", "seed", "rate", "fast", "mode", "path" };

  set (params, "num_things", "77");
  set (params, "seed", "9000000000000000000");
  set (params, "rate", "0.3333333333333333");
  set (params, "fast", "no");
  set (params, "mode", "second-mode");
  set (params, "path", "x \"y\"");
  ple_params_to_json (params, object);
  json_object_set_string_member (object, "of_another_version", "left alone");
  json_object_set_null_member (object, "unset");
  g_assert_true (ple_params_from_json (back, object, &error));
  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *expected = ple_params_get (params, names[i]);

      assert_text (back, names[i], expected);
      g_assert_true (ple_params_is_given (back, names[i]));
    }
  json_object_set_int_member (object, "num_things", 1000);
  g_assert_false (ple_params_from_json (back, object, &error));
  g_assert_error (error, PLE_PARAM_ERROR, PLE_PARAM_ERROR_RANGE);
}

static char *
hash_of (PleParams *params)
{
  g_autoptr (PleHash) hash = ple_hash_new ();

  ple_params_hash (params, hash);
  return ple_hash_get_hex (hash, 64);
}

static void
test_hash (void)
{
  static const char *const changes[][2] = { { "num_things", "11" },    { "seed", "43" },
                                            { "rate", "0.25" },        { "fast", "false" },
                                            { "mode", "second_mode" }, { "path", "there" } };
  g_autoptr (PleParams) params = make ();
  g_autofree char *plain = hash_of (params);
  g_autofree char *same = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autofree char *hash = NULL;

      ple_params_reset (params);
      set (params, changes[i][0], changes[i][1]);
      hash = hash_of (params);
      g_assert_cmpstr (hash, !=, plain);
    }
  /* What does not change the result does not change the key, nor does saying the default. */
  ple_params_reset (params);
  set (params, "workers", "8");
  set (params, "rate", "0.5");
  same = hash_of (params);
  g_assert_cmpstr (same, ==, plain);
}

static void
test_copy (void)
{
  g_autoptr (PleParams) params = make ();
  g_autoptr (PleParams) copy = NULL;
  const Settings *a = ple_params_get_struct (params), *b;

  set (params, "path", "mine");
  set (params, "seed", "123456789012345678");
  copy = ple_params_copy (params);
  b = ple_params_get_struct (copy);
  g_assert_true (a->path != b->path);
  g_assert_cmpstr (b->path, ==, "mine");
  g_assert_cmpint (b->seed, ==, 123456789012345678);
  g_assert_true (ple_params_is_given (copy, "path"));
  set (params, "path", "changed");
  g_assert_cmpstr (b->path, ==, "mine");
}

static void
test_applies (void)
{
  g_autoptr (PleParams) params = make ();
  const PleParam *path = ple_param_find (table, "path");

  g_assert_false (ple_params_applies (params, path));
  set (params, "mode", "second_mode");
  g_assert_true (ple_params_applies (params, path));
  g_assert_true (ple_params_applies (params, ple_param_find (table, "rate")));
  g_assert_null (ple_param_find (table, "nothing"));
}

static void
test_describe (void)
{
  g_autofree char *rate = ple_param_describe (ple_param_find (table, "rate"));
  g_autofree char *mode = ple_param_describe (ple_param_find (table, "mode"));

  g_assert_cmpstr (rate, ==, "How fast. (0 to 1; default 0.5)");
  g_assert_cmpstr (mode, ==, "Mode (first-mode, second_mode; default first-mode)");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/param/defaults", test_defaults);
  g_test_add_func ("/base/param/text-in-and-out", test_text_in_and_out);
  g_test_add_func ("/base/param/refuses", test_refuses);
  g_test_add_func ("/base/param/presets", test_presets);
  g_test_add_func ("/base/param/signals", test_signals);
  g_test_add_func ("/base/param/json", test_json);
  g_test_add_func ("/base/param/hash", test_hash);
  g_test_add_func ("/base/param/copy", test_copy);
  g_test_add_func ("/base/param/applies", test_applies);
  g_test_add_func ("/base/param/describe", test_describe);
  return g_test_run ();
}
