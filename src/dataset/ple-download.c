/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests and their answers. The asynchronous calls of libsoup on a main context of our own: so
 * a cancel is seen while a name is looked up, a connection made, or a server silent. */
#include "config.h"

#include "dataset/ple-download-private.h"

#include <glib/gi18n-lib.h>
#include <libsoup/soup.h>
#include <string.h>

#define MAX_REDIRECTS 10
#define SILENCE_SECONDS 60
#define CANCEL_POLL_MS 40
#define RATE_WINDOW_US (3 * G_USEC_PER_SEC)
#define USER_AGENT "Pleiades/" PLE_VERSION

G_DEFINE_QUARK (ple - download - error - quark, ple_download_error)

struct _PleDownloader
{
  SoupSession *session;
  GMainContext *context;
  char *token;
  guint n_tries;
  guint first_delay_ms;
  guint64 span_done;
  guint64 span_total;
  /* During a call. */
  PleProgress *progress;
  GCancellable *cancellable;
  GSource *poll;
  /* For the rate. */
  gint64 window_start;
  guint64 window_bytes;
  double rate;
  /* What was reported last: it is said again while nothing comes, so that the last bytes before a
   * silence are not lost to the limit of reports a second. */
  gboolean has_reported;
  guint64 last_n;
  guint64 last_before;
  gint64 last_size;
};

typedef struct
{
  GAsyncResult *result;
} Wait;

PleDownloader *
ple_downloader_new (void)
{
  PleDownloader *downloader = g_new0 (PleDownloader, 1);

  downloader->context = g_main_context_new ();
  downloader->n_tries = 5;
  downloader->first_delay_ms = 500;
  g_main_context_push_thread_default (downloader->context);
  downloader->session =
      soup_session_new_with_options ("timeout", SILENCE_SECONDS, "user-agent", USER_AGENT, NULL);
  soup_session_remove_feature_by_type (downloader->session, SOUP_TYPE_CONTENT_DECODER);
  g_main_context_pop_thread_default (downloader->context);
  return downloader;
}

void
ple_downloader_free (PleDownloader *downloader)
{
  if (downloader == NULL)
    return;
  g_main_context_push_thread_default (downloader->context);
  soup_session_abort (downloader->session);
  g_object_unref (downloader->session);
  while (g_main_context_iteration (downloader->context, FALSE))
    ;
  g_main_context_pop_thread_default (downloader->context);
  g_main_context_unref (downloader->context);
  g_free (downloader->token);
  g_free (downloader);
}

void
ple_downloader_set_token (PleDownloader *downloader, const char *token)
{
  g_free (downloader->token);
  downloader->token = g_strdup (token);
}

void
ple_downloader_set_patience (PleDownloader *downloader, guint n_tries, guint first_delay_ms)
{
  downloader->n_tries = n_tries;
  downloader->first_delay_ms = first_delay_ms;
}

void
ple_downloader_set_span (PleDownloader *downloader, guint64 done, guint64 total)
{
  downloader->span_done = done;
  downloader->span_total = total;
}

guint
ple_downloader_get_n_tries (const PleDownloader *downloader)
{
  return downloader->n_tries;
}

guint
ple_downloader_get_first_delay (const PleDownloader *downloader)
{
  return downloader->first_delay_ms;
}

void
ple_download_info_clear (PleDownloadInfo *info)
{
  g_clear_pointer (&info->identity, g_free);
  g_clear_pointer (&info->sha256, g_free);
  g_clear_pointer (&info->commit, g_free);
  info->size = -1;
}

void
ple_response_clear (PleResponse *response)
{
  g_clear_object (&response->body);
  ple_download_info_clear (&response->info);
}

static gboolean
poll_cb (gpointer data)
{
  PleDownloader *downloader = data;

  if (ple_progress_is_cancelled (downloader->progress))
    g_cancellable_cancel (downloader->cancellable);
  else if (downloader->has_reported)
    ple_downloader_report (downloader, downloader->last_n, downloader->last_size,
                           downloader->last_before, NULL);
  return G_SOURCE_CONTINUE;
}

void
ple_downloader_begin (PleDownloader *downloader, PleProgress *progress)
{
  g_assert (downloader->poll == NULL);
  g_main_context_push_thread_default (downloader->context);
  downloader->progress = progress;
  downloader->cancellable = g_cancellable_new ();
  downloader->poll = g_timeout_source_new (CANCEL_POLL_MS);
  g_source_set_callback (downloader->poll, poll_cb, downloader, NULL);
  g_source_attach (downloader->poll, downloader->context);
  downloader->window_start = g_get_monotonic_time ();
  downloader->window_bytes = 0;
  downloader->rate = 0;
  downloader->has_reported = FALSE;
}

void
ple_downloader_end (PleDownloader *downloader)
{
  g_source_destroy (downloader->poll);
  g_clear_pointer (&downloader->poll, g_source_unref);
  g_clear_object (&downloader->cancellable);
  downloader->progress = NULL;
  g_main_context_pop_thread_default (downloader->context);
}

static void
on_ready (GObject *source, GAsyncResult *result, gpointer data)
{
  Wait *wait = data;

  wait->result = g_object_ref (result);
}

static void
wait_for (PleDownloader *downloader, Wait *wait)
{
  while (wait->result == NULL)
    g_main_context_iteration (downloader->context, TRUE);
}

gboolean
ple_downloader_sleep (PleDownloader *downloader, guint milliseconds, GError **error)
{
  gint64 end = g_get_monotonic_time () + milliseconds * (gint64) 1000;

  while (g_get_monotonic_time () < end)
    {
      if (!ple_progress_check (downloader->progress, error))
        return FALSE;
      g_main_context_iteration (downloader->context, TRUE);
    }
  return ple_progress_check (downloader->progress, error);
}

/* What went wrong on the way, in words for the person. */
static void
explain_network (PleDownloader *downloader, GUri *uri, GError *reason, GError **error)
{
  g_autoptr (GError) owned = reason;
  const char *host = g_uri_get_host (uri);

  if (!ple_progress_check (downloader->progress, error))
    return;
  if (reason->domain == G_TLS_ERROR)
    g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NETWORK,
                 _ ("%s: the connection is not safe (%s)"), host, reason->message);
  else if (reason->domain == G_RESOLVER_ERROR)
    g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NETWORK,
                 _ ("%s was not found; is this computer connected to the network?"), host);
  else if (g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NETWORK,
                 _ ("%s has not answered for %d seconds"), host, SILENCE_SECONDS);
  else if (g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_PROXY_FAILED) ||
           g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_PROXY_AUTH_FAILED) ||
           g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_PROXY_NEED_AUTH) ||
           g_error_matches (reason, G_IO_ERROR, G_IO_ERROR_PROXY_NOT_ALLOWED))
    g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NETWORK,
                 _ ("the proxy does not let us through to %s (%s)"), host, reason->message);
  else
    g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NETWORK,
                 _ ("%s: no connection (%s)"), host, reason->message);
}

static gboolean
explain_status (GUri *uri, guint status, const char *phrase, GError **error)
{
  g_autofree char *text = g_uri_to_string_partial (uri, G_URI_HIDE_USERINFO | G_URI_HIDE_QUERY);

  if (status == SOUP_STATUS_NOT_FOUND || status == SOUP_STATUS_GONE)
    g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NOT_FOUND,
                 _ ("%s: there is no such file"), text);
  else if (status == SOUP_STATUS_UNAUTHORIZED || status == SOUP_STATUS_FORBIDDEN)
    g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_FORBIDDEN,
                 _ ("%s: the server does not give this without permission (%u)"), text, status);
  else if (status == SOUP_STATUS_PROXY_UNAUTHORIZED)
    g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NETWORK,
                 _ ("the proxy asks for a name and a password (407)"));
  else
    g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_SERVER,
                 _ ("%s: the server answered %u %s"), text, status, phrase);
  return FALSE;
}

/* The inside of an ETag. (transfer full) (nullable) */
static char *
parse_etag (const char *value)
{
  size_t length;

  if (value == NULL)
    return NULL;
  if (g_str_has_prefix (value, "W/"))
    value += 2;
  length = strlen (value);
  if (length >= 2 && value[0] == '"' && value[length - 1] == '"')
    return length > 2 ? g_strndup (value + 1, length - 2) : NULL;
  return length > 0 ? g_strdup (value) : NULL;
}

static gboolean
is_hex (const char *text, size_t length)
{
  return text != NULL && strlen (text) == length &&
         strspn (text, "0123456789abcdefABCDEF") == length;
}

/* What the header of one answer on the way adds to what is known of the file. */
static void
collect_linked (SoupMessageHeaders *headers, PleDownloadInfo *info)
{
  g_autofree char *linked = parse_etag (soup_message_headers_get_one (headers, "X-Linked-Etag"));
  const char *size = soup_message_headers_get_one (headers, "X-Linked-Size");
  const char *commit = soup_message_headers_get_one (headers, "X-Repo-Commit");
  guint64 bytes;

  if (linked != NULL && info->identity == NULL)
    {
      if (is_hex (linked, 64))
        info->sha256 = g_ascii_strdown (linked, -1);
      info->identity = g_steal_pointer (&linked);
    }
  if (size != NULL && g_ascii_string_to_unsigned (size, 10, 0, G_MAXINT64, &bytes, NULL))
    info->size = (gint64) bytes;
  if (info->commit == NULL && is_hex (commit, 40))
    info->commit = g_ascii_strdown (commit, -1);
}

static gboolean
collect_last (SoupMessage *message, gboolean redirected, PleResponse *response, GError **error)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);
  g_autofree char *etag = parse_etag (soup_message_headers_get_one (headers, "ETag"));
  goffset total = -1;
  goffset start = 0;
  goffset end;

  if (response->status == SOUP_STATUS_PARTIAL_CONTENT)
    {
      if (!soup_message_headers_get_content_range (headers, &start, &end, &total))
        {
          g_set_error_literal (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_SERVER,
                               _ ("the server sent a part of the file without saying which"));
          return FALSE;
        }
      response->first = start;
    }
  else if (response->status == SOUP_STATUS_OK &&
           soup_message_headers_get_one (headers, "Content-Length") != NULL)
    total = soup_message_headers_get_content_length (headers);
  if (response->info.size < 0)
    response->info.size = total;
  if (response->info.identity == NULL && etag != NULL)
    {
      if (!redirected && is_hex (etag, 64))
        response->info.sha256 = g_ascii_strdown (etag, -1);
      response->info.identity = g_steal_pointer (&etag);
    }
  return TRUE;
}

static GUri *
parse_address (const char *url, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : "";
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;

  if ((strcmp (scheme, "http") == 0 || strcmp (scheme, "https") == 0) && host != NULL &&
      *host != '\0')
    return g_steal_pointer (&uri);
  g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_ADDRESS,
               _ ("%s is no address to download from"), url);
  return NULL;
}

/* Where an answer sends us; %NULL with @error if we do not go there. */
static GUri *
follow (GUri *from, SoupMessage *message, GError **error)
{
  const char *place =
      soup_message_headers_get_one (soup_message_get_response_headers (message), "Location");
  g_autoptr (GUri) to =
      place != NULL ? g_uri_parse_relative (from, place, SOUP_HTTP_URI_FLAGS, NULL) : NULL;
  g_autofree char *text = to != NULL ? g_uri_to_string (to) : g_strdup ("");
  g_autoptr (GUri) checked = to != NULL ? parse_address (text, NULL) : NULL;

  if (checked == NULL || (strcmp (g_uri_get_scheme (from), "https") == 0 &&
                          strcmp (g_uri_get_scheme (checked), "https") != 0))
    {
      g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_ADDRESS,
                   _ ("%s sends us on to where we do not go (%s)"), g_uri_get_host (from), text);
      return NULL;
    }
  return g_steal_pointer (&checked);
}

static gboolean
same_host (GUri *a, GUri *b)
{
  return g_ascii_strcasecmp (g_uri_get_host (a), g_uri_get_host (b)) == 0 &&
         g_uri_get_port (a) == g_uri_get_port (b) &&
         strcmp (g_uri_get_scheme (a), g_uri_get_scheme (b)) == 0;
}

static SoupMessage *
build_message (
    PleDownloader *downloader, const char *method, GUri *uri, gboolean home, guint64 from)
{
  SoupMessage *message = soup_message_new_from_uri (method, uri);
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);

  soup_message_set_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_headers_replace (headers, "Accept-Encoding", "identity");
  if (from > 0)
    soup_message_headers_set_range (headers, (goffset) from, -1);
  if (home && downloader->token != NULL)
    {
      g_autofree char *value = g_strconcat ("Bearer ", downloader->token, NULL);

      soup_message_headers_replace (headers, "Authorization", value);
    }
  return message;
}

static GInputStream *
send_message (PleDownloader *downloader, SoupMessage *message, GUri *uri, GError **error)
{
  Wait wait = { NULL };
  GError *reason = NULL;
  GInputStream *body;

  soup_session_send_async (downloader->session, message, G_PRIORITY_DEFAULT,
                           downloader->cancellable, on_ready, &wait);
  wait_for (downloader, &wait);
  body = soup_session_send_finish (downloader->session, wait.result, &reason);
  g_object_unref (wait.result);
  if (body == NULL)
    explain_network (downloader, uri, reason, error);
  return body;
}

gboolean
ple_downloader_open (PleDownloader *downloader,
                     const char *method,
                     const char *url,
                     guint64 from,
                     PleResponse *response,
                     GError **error)
{
  g_autoptr (GUri) home = parse_address (url, error);
  g_autoptr (GUri) uri = home != NULL ? g_uri_ref (home) : NULL;

  memset (response, 0, sizeof *response);
  response->info.size = -1;
  if (home == NULL)
    return FALSE;
  for (int n = 0; n <= MAX_REDIRECTS; n++)
    {
      g_autoptr (SoupMessage) message =
          build_message (downloader, method, uri, same_host (uri, home), from);
      g_autoptr (GInputStream) body = send_message (downloader, message, uri, error);
      GUri *next;

      if (body == NULL)
        return FALSE;
      response->status = soup_message_get_status (message);
      collect_linked (soup_message_get_response_headers (message), &response->info);
      if (!SOUP_STATUS_IS_REDIRECTION (response->status))
        {
          if (response->status != SOUP_STATUS_OK &&
              response->status != SOUP_STATUS_PARTIAL_CONTENT &&
              response->status != SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE)
            return explain_status (uri, response->status, soup_message_get_reason_phrase (message),
                                   error);
          response->body = g_steal_pointer (&body);
          return collect_last (message, n > 0, response, error);
        }
      next = follow (uri, message, error);
      if (next == NULL)
        return FALSE;
      g_uri_unref (uri);
      uri = next;
    }
  g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_ADDRESS, _ ("%s sends us in a circle"),
               url);
  return FALSE;
}

gssize
ple_downloader_read (
    PleDownloader *downloader, PleResponse *response, gpointer buffer, size_t size, GError **error)
{
  Wait wait = { NULL };
  GError *reason = NULL;
  gssize n;

  g_input_stream_read_async (response->body, buffer, size, G_PRIORITY_DEFAULT,
                             downloader->cancellable, on_ready, &wait);
  wait_for (downloader, &wait);
  n = g_input_stream_read_finish (response->body, wait.result, &reason);
  g_object_unref (wait.result);
  if (n >= 0)
    return n;
  if (ple_progress_check (downloader->progress, error))
    g_set_error (error, PLE_DOWNLOAD_ERROR, PLE_DOWNLOAD_ERROR_NETWORK,
                 _ ("the connection was lost (%s)"), reason->message);
  g_error_free (reason);
  return -1;
}

gboolean
ple_downloader_report (
    PleDownloader *downloader, guint64 n, gint64 size, guint64 before, GError **error)
{
  gint64 now = g_get_monotonic_time ();
  guint64 done = downloader->span_total > 0 ? downloader->span_done + n : n;
  guint64 total = downloader->span_total > 0 ? downloader->span_total : (guint64) MAX (size, 0);
  double fraction = total > 0 ? (double) done / (double) total : 0;
  g_autofree char *done_text = g_format_size (done);
  g_autofree char *total_text = g_format_size (total);
  g_autofree char *rate_text = NULL;

  downloader->has_reported = TRUE;
  downloader->last_n = n;
  downloader->last_size = size;
  downloader->last_before = before;
  if (downloader->window_bytes == 0)
    downloader->window_bytes = before;
  if (now - downloader->window_start >= G_USEC_PER_SEC && n > downloader->window_bytes)
    {
      double rate = (double) (n - downloader->window_bytes) * G_USEC_PER_SEC /
                    (double) (now - downloader->window_start);

      downloader->rate = downloader->rate > 0 ? 0.5 * (downloader->rate + rate) : rate;
      downloader->window_start = now;
      downloader->window_bytes = n;
    }
  if (now - downloader->window_start >= 3 * RATE_WINDOW_US)
    downloader->rate = 0;
  if (downloader->rate <= 0)
    return ple_progress_report_detail (downloader->progress, fraction, error, _ ("%s of %s"),
                                       done_text, total_text);
  rate_text = g_format_size ((guint64) downloader->rate);
  return ple_progress_report_detail (downloader->progress, fraction, error, _ ("%s of %s, %s/s"),
                                     done_text, total_text, rate_text);
}

gboolean
ple_downloader_probe (PleDownloader *downloader,
                      const char *url,
                      PleDownloadInfo *info,
                      PleProgress *progress,
                      GError **error)
{
  g_auto (PleResponse) response = { 0 };
  gboolean ok;

  ple_downloader_begin (downloader, progress);
  ok = ple_downloader_open (downloader, "HEAD", url, 0, &response, error);
  g_clear_object (&response.body);
  ple_downloader_end (downloader);
  *info = response.info;
  memset (&response.info, 0, sizeof response.info);
  if (!ok)
    ple_download_info_clear (info);
  return ok;
}

char *
ple_download_build_url (const char *base, const char *first, ...)
{
  size_t length = strlen (base);
  GString *url;
  va_list parts;

  while (length > 0 && base[length - 1] == '/')
    length--;
  url = g_string_new_len (base, (gssize) length);
  va_start (parts, first);
  for (const char *part = first; part != NULL; part = va_arg (parts, const char *))
    {
      g_autofree char *escaped = g_uri_escape_string (part, "/", FALSE);

      g_string_append_printf (url, "/%s", escaped);
    }
  va_end (parts);
  return g_string_free (url, FALSE);
}
