/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A web server on a thread of its own, for tests of downloads: on this computer only, at a port
 * that is free, with faults to order. */

#include <libsoup/soup.h>
#include <string.h>

typedef enum
{
  PLE_TEST_SERVES,
  PLE_TEST_DROPS,  /* closes after `at` bytes of the body, as often as `times` says, then serves */
  PLE_TEST_SHORT,  /* says 100 bytes more than it sends, each time */
  PLE_TEST_LONG,   /* sends without a length, more than the linked size says */
  PLE_TEST_HANGS,  /* sends `at` bytes and then nothing */
  PLE_TEST_SILENT, /* never answers */
  PLE_TEST_STATUS, /* answers `at` as the status */
  PLE_TEST_REDIRECT, /* to `target` */
} PleTestFault;

typedef struct
{
  GBytes *body;
  char *etag;        /* as sent, with quotes; NULL for none */
  char *linked_etag; /* x-linked-etag */
  char *commit;      /* x-repo-commit */
  char *target;
  PleTestFault fault;
  gsize at;
  guint times;
  gboolean no_ranges;
  gboolean no_head; /* 405 */
} PleTestFile;

typedef struct
{
  GThread *thread;
  GMainContext *context;
  GMainLoop *loop;
  SoupServer *server;
  char *address; /* "http://127.0.0.1:PORT" */
  GMutex lock;
  GCond started;
  GHashTable *files; /* path -> PleTestFile */
  GPtrArray *log;    /* "GET /path RANGE AUTHORIZATION" */
  GPtrArray *kept;   /* streams that hang */
} PleTestServer;

static inline void
ple_test_file_free (gpointer data)
{
  PleTestFile *file = data;

  g_clear_pointer (&file->body, g_bytes_unref);
  g_free (file->etag);
  g_free (file->linked_etag);
  g_free (file->commit);
  g_free (file->target);
  g_free (file);
}

/* Writes an answer by hand and closes, or keeps the connection open for ever. */
static inline void
ple_test_server_answer_raw (PleTestServer *server,
                            SoupServerMessage *message,
                            const PleTestFile *file,
                            gsize first,
                            gsize n,
                            gssize length,
                            gboolean keep)
{
  GIOStream *stream = soup_server_message_steal_connection (message);
  GOutputStream *out = g_io_stream_get_output_stream (stream);
  g_autoptr (GString) head = g_string_new (NULL);
  gsize size;
  const char *bytes = g_bytes_get_data (file->body, &size);

  g_string_append (head, first > 0 ? "HTTP/1.1 206 Partial Content\r\n" : "HTTP/1.1 200 OK\r\n");
  if (first > 0)
    g_string_append_printf (head,
                            "Content-Range: bytes %" G_GSIZE_FORMAT "-%" G_GSIZE_FORMAT
                            "/%" G_GSIZE_FORMAT "\r\n",
                            first, size - 1, size);
  if (length >= 0)
    g_string_append_printf (head, "Content-Length: %" G_GSSIZE_FORMAT "\r\n", length);
  if (file->etag != NULL)
    g_string_append_printf (head, "ETag: %s\r\n", file->etag);
  if (file->linked_etag != NULL)
    g_string_append_printf (head, "X-Linked-Etag: %s\r\nX-Linked-Size: %" G_GSIZE_FORMAT "\r\n",
                            file->linked_etag, size);
  g_string_append (head, "Connection: close\r\n\r\n");
  g_output_stream_write_all (out, head->str, head->len, NULL, NULL, NULL);
  g_output_stream_write_all (out, bytes + first, MIN (n, size - first), NULL, NULL, NULL);
  if (file->fault == PLE_TEST_LONG)
    g_output_stream_write_all (out, "too much", 8, NULL, NULL, NULL);
  if (keep)
    g_ptr_array_add (server->kept, stream);
  else
    {
      g_io_stream_close (stream, NULL, NULL);
      g_object_unref (stream);
    }
}

static inline void
ple_test_server_serve (SoupServerMessage *message, PleTestFile *file)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  gsize size;
  const char *bytes = g_bytes_get_data (file->body, &size);

  if (file->no_ranges)
    soup_message_headers_remove (soup_server_message_get_request_headers (message), "Range");
  if (file->etag != NULL)
    soup_message_headers_replace (headers, "ETag", file->etag);
  if (file->linked_etag != NULL)
    {
      g_autofree char *text = g_strdup_printf ("%" G_GSIZE_FORMAT, size);

      soup_message_headers_replace (headers, "X-Linked-Etag", file->linked_etag);
      soup_message_headers_replace (headers, "X-Linked-Size", text);
    }
  if (file->commit != NULL)
    soup_message_headers_replace (headers, "X-Repo-Commit", file->commit);
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  if (strcmp (soup_server_message_get_method (message), "HEAD") == 0)
    soup_message_headers_set_content_length (headers, (goffset) size);
  else
    soup_server_message_set_response (message, "application/octet-stream", SOUP_MEMORY_COPY, bytes,
                                      size);
}

static inline gsize
ple_test_server_get_first (SoupServerMessage *message, const PleTestFile *file)
{
  const char *range =
      soup_message_headers_get_one (soup_server_message_get_request_headers (message), "Range");

  return range != NULL && !file->no_ranges && g_str_has_prefix (range, "bytes=")
             ? (gsize) g_ascii_strtoull (range + strlen ("bytes="), NULL, 10)
             : 0;
}

static inline void
ple_test_server_handle (SoupServer *soup,
                        SoupServerMessage *message,
                        const char *path,
                        GHashTable *query,
                        gpointer data)
{
  PleTestServer *server = data;
  SoupMessageHeaders *request = soup_server_message_get_request_headers (message);
  const char *method = soup_server_message_get_method (message);
  const char *range = soup_message_headers_get_one (request, "Range");
  const char *authorization = soup_message_headers_get_one (request, "Authorization");
  gboolean head = strcmp (method, "HEAD") == 0;
  PleTestFile *file;
  gsize first;

  g_mutex_lock (&server->lock);
  g_ptr_array_add (server->log,
                   g_strdup_printf ("%s %s %s %s", method, path, range != NULL ? range : "-",
                                    authorization != NULL ? authorization : "-"));
  file = g_hash_table_lookup (server->files, path);
  if (file == NULL)
    soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
  else if (file->fault == PLE_TEST_SILENT)
    soup_server_message_pause (message);
  else if (file->fault == PLE_TEST_STATUS)
    soup_server_message_set_status (message, (guint) file->at, NULL);
  else if (file->fault == PLE_TEST_REDIRECT)
    {
      SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

      if (file->linked_etag != NULL)
        soup_message_headers_replace (headers, "X-Linked-Etag", file->linked_etag);
      soup_server_message_set_redirect (message, SOUP_STATUS_FOUND, file->target);
    }
  else if (head && file->no_head)
    soup_server_message_set_status (message, SOUP_STATUS_METHOD_NOT_ALLOWED, NULL);
  else if (head || file->fault == PLE_TEST_SERVES ||
           (file->fault == PLE_TEST_DROPS && file->times == 0))
    ple_test_server_serve (message, file);
  else
    {
      gsize size = g_bytes_get_size (file->body);

      first = MIN (ple_test_server_get_first (message, file), size);
      if (file->fault == PLE_TEST_DROPS)
        {
          file->times--;
          ple_test_server_answer_raw (server, message, file, first, file->at,
                                      (gssize) (size - first), FALSE);
        }
      else if (file->fault == PLE_TEST_SHORT)
        ple_test_server_answer_raw (server, message, file, first, size,
                                    (gssize) (size - first + 100), FALSE);
      else if (file->fault == PLE_TEST_LONG)
        ple_test_server_answer_raw (server, message, file, first, size, -1, FALSE);
      else
        ple_test_server_answer_raw (server, message, file, first, file->at, (gssize) (size - first),
                                    TRUE);
    }
  g_mutex_unlock (&server->lock);
}

static inline gpointer
ple_test_server_run (gpointer data)
{
  PleTestServer *server = data;
  GSList *uris;

  g_main_context_push_thread_default (server->context);
  server->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (server->server, NULL, ple_test_server_handle, server, NULL);
  if (!soup_server_listen_local (server->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, NULL))
    g_error ("the test cannot listen on this computer");
  uris = soup_server_get_uris (server->server);
  g_mutex_lock (&server->lock);
  server->address = g_strdup_printf ("http://127.0.0.1:%d", g_uri_get_port (uris->data));
  g_cond_signal (&server->started);
  g_mutex_unlock (&server->lock);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  g_main_loop_run (server->loop);
  g_ptr_array_set_size (server->kept, 0);
  soup_server_disconnect (server->server);
  g_object_unref (server->server);
  while (g_main_context_iteration (server->context, FALSE))
    ;
  g_main_context_pop_thread_default (server->context);
  return NULL;
}

static inline PleTestServer *
ple_test_server_new (void)
{
  PleTestServer *server = g_new0 (PleTestServer, 1);

  /* Whatever proxy this computer uses. */
  g_setenv ("no_proxy", "127.0.0.1", TRUE);
  g_mutex_init (&server->lock);
  g_cond_init (&server->started);
  server->context = g_main_context_new ();
  server->loop = g_main_loop_new (server->context, FALSE);
  server->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, ple_test_file_free);
  server->log = g_ptr_array_new_with_free_func (g_free);
  server->kept = g_ptr_array_new_with_free_func (g_object_unref);
  server->thread = g_thread_new ("server", ple_test_server_run, server);
  g_mutex_lock (&server->lock);
  while (server->address == NULL)
    g_cond_wait (&server->started, &server->lock);
  g_mutex_unlock (&server->lock);
  return server;
}

static inline gboolean
ple_test_server_quit_cb (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_REMOVE;
}

static inline void
ple_test_server_free (PleTestServer *server)
{
  g_autoptr (GSource) quit = g_idle_source_new ();

  /* From within the loop: one that has not begun yet would not hear of it. */
  g_source_set_callback (quit, ple_test_server_quit_cb, server->loop, NULL);
  g_source_attach (quit, server->context);
  g_thread_join (server->thread);
  g_main_loop_unref (server->loop);
  g_main_context_unref (server->context);
  g_hash_table_unref (server->files);
  g_ptr_array_unref (server->log);
  g_ptr_array_unref (server->kept);
  g_mutex_clear (&server->lock);
  g_cond_clear (&server->started);
  g_free (server->address);
  g_free (server);
}

/* Takes the place of a file of that path. @file: (transfer full) with its strings and its body */
static inline void
ple_test_server_put (PleTestServer *server, const char *path, const PleTestFile *file)
{
  PleTestFile *copy = g_memdup2 (file, sizeof *file);

  g_mutex_lock (&server->lock);
  g_hash_table_replace (server->files, g_strdup (path), copy);
  g_mutex_unlock (&server->lock);
}

/* How often a line of the log begins so. */
static inline guint
ple_test_server_count (PleTestServer *server, const char *prefix)
{
  guint n = 0;

  g_mutex_lock (&server->lock);
  for (guint i = 0; i < server->log->len; i++)
    n += g_str_has_prefix (g_ptr_array_index (server->log, i), prefix);
  g_mutex_unlock (&server->lock);
  return n;
}

static inline void
ple_test_server_clear_log (PleTestServer *server)
{
  g_mutex_lock (&server->lock);
  g_ptr_array_set_size (server->log, 0);
  g_mutex_unlock (&server->lock);
}

/* Bytes that differ at each place, the same for each test. (transfer full) */
static inline GBytes *
ple_test_server_make_bytes (gsize size)
{
  guint8 *bytes = g_malloc (MAX (size, 1));
  guint32 state = 12345;

  for (gsize i = 0; i < size; i++)
    {
      state = state * 1664525 + 1013904223;
      bytes[i] = (guint8) (state >> 24);
    }
  return g_bytes_new_take (bytes, size);
}
