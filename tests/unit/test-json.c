/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "base/ple-json.h"

#include "base/ple-atomic.h"
#include "base/ple-error.h"

#include <float.h>
#include <math.h>
#include <string.h>

static JsonNode *
parse (const char *text, GError **error)
{
  return ple_json_parse (text, strlen (text), "x.json", error);
}

static void
assert_refused (const char *text, size_t size, PleFileError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_json_parse (text, size, "x.json", &error));
  g_assert_error (error, PLE_FILE_ERROR, (int) code);
  g_assert_true (g_str_has_prefix (error->message, "x.json: "));
}

static void
test_getters (void)
{
  g_autoptr (JsonNode) root = parse ("{\"s\": \"text\", \"i\": -7, \"d\": 2.5, \"b\": true, "
                                     "\"o\": {}, \"a\": [1], \"n\": null}",
                                     NULL);
  JsonObject *object = json_node_get_object (root);

  g_assert_cmpstr (ple_json_get_string (object, "s", NULL), ==, "text");
  g_assert_cmpint (ple_json_get_int (object, "i", 0), ==, -7);
  g_assert_cmpfloat (ple_json_get_double (object, "d", 0), ==, 2.5);
  g_assert_cmpfloat (ple_json_get_double (object, "i", 0), ==, -7);
  g_assert_true (ple_json_get_bool (object, "b", FALSE));
  g_assert_nonnull (ple_json_get_object (object, "o"));
  g_assert_cmpuint (json_array_get_length (ple_json_get_array (object, "a")), ==, 1);
}

static void
test_getters_of_another_type (void)
{
  g_autoptr (JsonNode) root =
      parse ("{\"s\": \"text\", \"d\": 2.5, \"o\": {}, \"a\": [1], \"n\": null}", NULL);
  JsonObject *object = json_node_get_object (root);
  static const char *const names[] = { "s", "d", "o", "a", "n", "missing" };

  for (size_t i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_assert_cmpint (ple_json_get_int (object, names[i], 42), ==, 42);
      g_assert_true (ple_json_get_bool (object, names[i], TRUE));
      g_assert_true ((ple_json_get_object (object, names[i]) != NULL) == (i == 2));
      g_assert_true ((ple_json_get_array (object, names[i]) != NULL) == (i == 3));
    }
  g_assert_cmpstr (ple_json_get_string (object, "d", "none"), ==, "none");
  g_assert_cmpfloat (ple_json_get_double (object, "s", 1.5), ==, 1.5);
}

/* Every double comes back as the same bits, and as a double. */
static void
test_doubles_round_trip (void)
{
  static const double values[] = { 0,       -0.0,    0.1,      1.0 / 3,     1e300,      5e-324,
                                   DBL_MAX, DBL_MIN, -1.5e-10, 123456789.0, 0x1p53 + 1, 1e15 };

  for (size_t i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (JsonNode) node = json_node_alloc ();
      g_autofree char *text = NULL;
      g_autoptr (JsonNode) back = NULL;

      json_node_init_double (node, values[i]);
      text = ple_json_to_text (node, 0);
      back = parse (text, NULL);
      g_assert_true (json_node_get_value_type (back) == G_TYPE_DOUBLE);
      g_assert_cmpfloat (json_node_get_double (back), ==, values[i]);
      g_assert_true (!signbit (values[i]) == !signbit (json_node_get_double (back)));
    }
}

static void
test_not_a_number_is_null (void)
{
  static const double values[] = { NAN, INFINITY, -INFINITY };

  for (size_t i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autoptr (JsonNode) node = json_node_alloc ();
      g_autofree char *text = NULL;

      json_node_init_double (node, values[i]);
      text = ple_json_to_text (node, 0);
      g_assert_cmpstr (text, ==, "null");
    }
}

static void
test_text_form (void)
{
  g_autoptr (JsonNode) root = parse ("{\"z\":[1,2],\"a\":{\"q\":\"\\\"\\\\\\n\\u0001\"},"
                                     "\"e\":{},\"m\":[{\"x\":1}]}",
                                     NULL);
  g_autofree char *line = ple_json_to_text (root, 0);
  g_autofree char *page = ple_json_to_text (root, 2);

  g_assert_cmpstr (line, ==,
                   "{\"z\": [1, 2], \"a\": {\"q\": \"\\\"\\\\\\n\\u0001\"}, \"e\": {}, "
                   "\"m\": [{\"x\": 1}]}");
  g_assert_cmpstr (page, ==,
                   "{\n  \"z\": [1, 2],\n  \"a\": {\n    \"q\": \"\\\"\\\\\\n\\u0001\"\n  },\n"
                   "  \"e\": {},\n  \"m\": [\n    {\n      \"x\": 1\n    }\n  ]\n}\n");
}

static void
test_hostile_texts (void)
{
  static const char *const texts[] = {
    "{",
    "[1, 2",
    "{\"a\" 1}",
    "[1 2]",
    "\"open",
    "[\"\\",
    "[\"\\u12\"]",
    "nul",
    "[1]]",
    /* Half of a surrogate pair, a pair the wrong way round, NUL. */
    "[\"\\ud83d\"]",
    "[\"\\ude00\\ud83d\"]",
    "[\"\\u0000\"]",
    /* Not JSON, and a place to hide quotes in. */
    "/* comment */ {}",
    "['single']",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_test_message ("%s", texts[i]);
      assert_refused (texts[i], strlen (texts[i]), PLE_FILE_ERROR_FORMAT);
    }
  assert_refused ("[\"\xff\"]", 5, PLE_FILE_ERROR_FORMAT);
  assert_refused ("[1]\0", 4, PLE_FILE_ERROR_FORMAT);
  assert_refused ("", 0, PLE_FILE_ERROR_EMPTY);
  assert_refused (" \n ", 3, PLE_FILE_ERROR_EMPTY);
}

static void
assert_deep_refused (const char *before)
{
  g_autoptr (GString) text = g_string_new (before);

  for (int i = 0; i < 1000000; i++)
    g_string_append_c (text, '[');
  assert_refused (text->str, text->len, PLE_FILE_ERROR_FORMAT);
}

static void
test_depth (void)
{
  g_autoptr (GString) allowed = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root = NULL;

  for (int i = 0; i < PLE_JSON_MAX_DEPTH; i++)
    g_string_append_c (allowed, '[');
  for (int i = 0; i < PLE_JSON_MAX_DEPTH; i++)
    g_string_append_c (allowed, ']');
  root = parse (allowed->str, &error);
  g_assert_no_error (error);
  assert_deep_refused ("");
  /* Brackets in a string are no depth; what only looks like a string must not hide them. */
  assert_deep_refused ("[\"[[[[\", ");
  assert_deep_refused ("// \"\n");
  assert_deep_refused ("/* \" */");
  assert_deep_refused ("['\"', ");
  assert_deep_refused ("# \"\n");
}

static void
test_unicode (void)
{
  g_autoptr (JsonNode) root = parse ("[\"\\ud83d\\ude00\", \"\xc3\xa9\", \"\\u00e9\"]", NULL);
  JsonArray *array = json_node_get_array (root);

  g_assert_cmpstr (json_array_get_string_element (array, 0), ==, "\xf0\x9f\x98\x80");
  g_assert_cmpstr (json_array_get_string_element (array, 1), ==,
                   json_array_get_string_element (array, 2));
}

static void
test_files (void)
{
  g_autofree char *folder = g_dir_make_tmp ("ple-json-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "x.json", NULL);
  g_autoptr (JsonNode) root = parse ("{\"a\": [1, 2.5]}", NULL);
  g_autoptr (JsonNode) back = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (ple_json_load (path, 1000, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_true (ple_json_save (root, path, &error));
  back = ple_json_load (path, 1000, &error);
  g_assert_no_error (error);
  g_assert_true (json_node_equal (root, back));
  g_assert_null (ple_json_load (path, 10, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_TOO_LARGE);
  ple_remove_recursively (folder, NULL);
}

static void
test_an_empty_file (void)
{
  g_autofree char *folder = g_dir_make_tmp ("ple-json-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "empty.json", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  g_assert_null (ple_json_load (path, 1000, &error));
  g_assert_error (error, PLE_FILE_ERROR, PLE_FILE_ERROR_EMPTY);
  g_assert_true (ple_remove_recursively (folder, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/json/getters", test_getters);
  g_test_add_func ("/base/json/getters-of-another-type", test_getters_of_another_type);
  g_test_add_func ("/base/json/doubles-round-trip", test_doubles_round_trip);
  g_test_add_func ("/base/json/not-a-number-is-null", test_not_a_number_is_null);
  g_test_add_func ("/base/json/text-form", test_text_form);
  g_test_add_func ("/base/json/hostile-texts", test_hostile_texts);
  g_test_add_func ("/base/json/depth", test_depth);
  g_test_add_func ("/base/json/unicode", test_unicode);
  g_test_add_func ("/base/json/files", test_files);
  g_test_add_func ("/base/json/empty-file", test_an_empty_file);
  return g_test_run ();
}
