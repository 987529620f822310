/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-text.h"

#include "base/ple-rng.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <string.h>

static void
test_format_double (void)
{
  static const struct
  {
    double value;
    const char *text;
  } cases[] = { { 0, "0" },
                { 0.1, "0.1" },
                { 100, "100" },
                { -2.5, "-2.5" },
                { 1e-4, "0.0001" },
                { 1e22, "1e+22" },
                { 1.0 / 3, "0.3333333333333333" } };
  char buffer[PLE_DOUBLE_BUFFER];

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpstr (ple_format_double (cases[i].value, buffer), ==, cases[i].text);
}

static void
test_doubles_round_trip (void)
{
  char buffer[PLE_DOUBLE_BUFFER];
  PleRng rng;

  ple_rng_init (&rng, 1);
  for (size_t i = 0; i < 20000; i++)
    {
      guint64 bits = ple_rng_next (&rng);
      double value, back = 0;

      memcpy (&value, &bits, sizeof value);
      if (!isfinite (value))
        continue;
      g_assert_true (ple_parse_double (ple_format_double (value, buffer), &back));
      g_assert_cmpmem (&value, sizeof value, &back, sizeof back);
      g_assert_cmpuint (strlen (buffer), <, PLE_DOUBLE_BUFFER);
    }
}

/* In a country that writes 0,5 files must stay the same. */
static void
test_locale (void)
{
  static const char *const names[] = { "de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "pt_BR.UTF-8" };
  char buffer[PLE_DOUBLE_BUFFER];
  double value = 0;
  const char *found = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (names) && found == NULL; i++)
    found = setlocale (LC_ALL, names[i]);
  g_assert_cmpstr (ple_format_double (0.5, buffer), ==, "0.5");
  g_assert_true (ple_parse_double ("0.5", &value));
  g_assert_cmpfloat (value, ==, 0.5);
  g_assert_false (ple_parse_double ("0,5", &value));
  setlocale (LC_ALL, "C");
  if (found == NULL)
    g_test_skip ("no locale with a decimal comma is installed");
}

static void
test_parse_double (void)
{
  static const char *const bad[] = { "", " 1", "1 ", "1x", "x", "1,5", "--1", "1e", "." };
  double value = 42;

  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_false (ple_parse_double (bad[i], &value));
      g_assert_cmpfloat (value, ==, 42);
    }
  g_assert_true (ple_parse_double ("-1.5e3", &value));
  g_assert_cmpfloat (value, ==, -1500);
}

static void
test_parse_int64 (void)
{
  static const char *const bad[] = { "",     " 1", "1 ", "1.0", "0x1", "1e3", "9223372036854775808",
                                     "1abc", "-" };
  gint64 value = 42;

  for (size_t i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_false (ple_parse_int64 (bad[i], &value));
      g_assert_cmpint (value, ==, 42);
    }
  g_assert_true (ple_parse_int64 ("-9223372036854775808", &value));
  g_assert_cmpint (value, ==, G_MININT64);
}

static void
test_names (void)
{
  g_assert_true (ple_name_equal ("num_clusters", "num-clusters"));
  g_assert_true (ple_name_equal ("", ""));
  g_assert_false (ple_name_equal ("num_clusters", "num_cluster"));
  g_assert_false (ple_name_equal ("num", "num_"));
  g_assert_false (ple_name_equal ("a_b", "a b"));
}

static void
test_csv_quote (void)
{
  static const char *const cases[][2] = {
    { "plain", "plain" },     { "", "" },
    { "a,b", "\"a,b\"" },     { "say \"x\"", "\"say \"\"x\"\"\"" },
    { "a\nb", "\"a\nb\"" },   { "a\rb", "\"a\rb\"" },
    { " lead", "\" lead\"" }, { "a;b", "a;b" }
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *quoted = ple_csv_quote (cases[i][0]);

      g_assert_cmpstr (quoted, ==, cases[i][1]);
    }
}

static void
test_file_names (void)
{
  static const char *const cases[][2] = { { "cat", "cat" },
                                          { "a/b", "a_b" },
                                          { "", "_" },
                                          { "..", "_." },
                                          { ".", "_" },
                                          { "tab\there", "tab_here" },
                                          { "\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9" },
                                          { "../../etc", "_._.._etc" },
                                          { ".tmp-x", "_tmp-x" } };
  g_autoptr (GString) longest = g_string_new ("x");
  g_autofree char *cut = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = ple_file_name_from (cases[i][0]);

      g_assert_cmpstr (name, ==, cases[i][1]);
    }
  /* A long name is cut between characters, not within one. */
  for (int i = 0; i < 200; i++)
    g_string_append (longest, "\xc3\xa9");
  cut = ple_file_name_from (longest->str);
  g_assert_cmpuint (strlen (cut), <=, 200);
  g_assert_cmpuint (strlen (cut), >=, 198);
  g_assert_true (g_utf8_validate (cut, -1, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/text/format-double", test_format_double);
  g_test_add_func ("/base/text/doubles-round-trip", test_doubles_round_trip);
  g_test_add_func ("/base/text/locale", test_locale);
  g_test_add_func ("/base/text/parse-double", test_parse_double);
  g_test_add_func ("/base/text/parse-int64", test_parse_int64);
  g_test_add_func ("/base/text/names", test_names);
  g_test_add_func ("/base/text/csv-quote", test_csv_quote);
  g_test_add_func ("/base/text/file-names", test_file_names);
  return g_test_run ();
}
