/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "gui/ple-picture-cache.h"

#include "gui/ple-paint.h"

#include <string.h>

#define N_THREADS 2
/* Enlarged at least so far, pixels stay squares in the crisp form. */
#define CRISP_FROM 1.5

typedef struct
{
  guint32 item;
  PlePictureForm form;
} Key;

typedef struct
{
  Key key;
  cairo_surface_t *surface;
  size_t bytes;
  gboolean on_server;
  GList link; /* in lru */
} Entry;

typedef struct
{
  Key key;
  gconstpointer client;
  guint generation;
  GList link; /* in queue */
  cairo_surface_t *surface;
} Request;

struct _PlePictureCache
{
  GObject parent_instance;
  PlePictureFunc func;
  gpointer data;
  GDestroyNotify destroy;
  size_t max_bytes;
  size_t bytes;
  GHashTable *entries;  /* Key -> Entry */
  GHashTable *any;      /* item -> Entry made last */
  GQueue lru;           /* of Entry, the most recently used first */
  GHashTable *requests; /* Key -> Request, queued or being made */
  guint generation;

  GMutex mutex;
  GCond cond;
  GQueue queue; /* of Request, the newest first */
  GPtrArray *done;
  guint idle;
  gboolean quit;
  GThread *threads[N_THREADS];
};

static guint updated_signal;

G_DEFINE_FINAL_TYPE (PlePictureCache, ple_picture_cache, G_TYPE_OBJECT)

static guint
key_hash (gconstpointer key)
{
  const Key *k = key;
  return k->item * 2654435761u ^
         ((guint) k->form.side << 9 | (guint) k->form.radius << 1 | (guint) k->form.crisp);
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  const Key *x = a, *y = b;
  return x->item == y->item && x->form.side == y->form.side && x->form.radius == y->form.radius &&
         x->form.crisp == y->form.crisp;
}

static void
request_free (Request *request)
{
  g_clear_pointer (&request->surface, cairo_surface_destroy);
  g_free (request);
}

/* ---- threads ---- */

/* @picture's middle square in the form asked for. (transfer full) */
static cairo_surface_t *
shape (cairo_surface_t *picture, PlePictureForm form)
{
  double width = cairo_image_surface_get_width (picture);
  double height = cairo_image_surface_get_height (picture);
  double factor = form.side / MAX (MIN (width, height), 1);
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, form.side, form.side);
  cairo_t *cr = cairo_create (surface);
  cairo_scale (cr, factor, factor);
  cairo_set_source_surface (cr, picture, (form.side / factor - width) / 2,
                            (form.side / factor - height) / 2);
  cairo_pattern_set_filter (cairo_get_source (cr), form.crisp && factor >= CRISP_FROM
                                                       ? CAIRO_FILTER_NEAREST
                                                       : CAIRO_FILTER_GOOD);
  cairo_pattern_set_extend (cairo_get_source (cr), CAIRO_EXTEND_PAD);
  cairo_identity_matrix (cr);
  if (form.radius > 0)
    ple_paint_rounded (cr, 0, 0, form.side, form.side, form.radius);
  else
    cairo_rectangle (cr, 0, 0, form.side, form.side);
  cairo_fill (cr);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  return surface;
}

static gboolean deliver_cb (gpointer data);

static gpointer
run (gpointer data)
{
  PlePictureCache *cache = data;
  g_mutex_lock (&cache->mutex);
  while (!cache->quit)
    {
      GList *link = g_queue_pop_head_link (&cache->queue);
      if (link == NULL)
        {
          g_cond_wait (&cache->cond, &cache->mutex);
          continue;
        }
      Request *request = link->data;
      g_mutex_unlock (&cache->mutex);
      cairo_surface_t *picture =
          cache->func (cache->data, request->key.item, request->key.form.side);
      if (picture != NULL)
        {
          request->surface = shape (picture, request->key.form);
          cairo_surface_destroy (picture);
        }
      else
        /* Nothing to see, but not to be asked for again and again. */
        request->surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, request->key.form.side,
                                                       request->key.form.side);
      g_mutex_lock (&cache->mutex);
      g_ptr_array_add (cache->done, request);
      if (cache->idle == 0)
        cache->idle = g_idle_add_full (GDK_PRIORITY_REDRAW - 5, deliver_cb, cache, NULL);
    }
  g_mutex_unlock (&cache->mutex);
  return NULL;
}

/* ---- main thread ---- */

static void
drop_entry (PlePictureCache *cache, Entry *entry)
{
  if (g_hash_table_lookup (cache->any, GUINT_TO_POINTER (entry->key.item)) == entry)
    g_hash_table_remove (cache->any, GUINT_TO_POINTER (entry->key.item));
  g_queue_unlink (&cache->lru, &entry->link);
  g_hash_table_remove (cache->entries, &entry->key);
  cache->bytes -= entry->bytes;
  cairo_surface_destroy (entry->surface);
  g_free (entry);
}

/* @surface: (transfer full) */
static void
keep (PlePictureCache *cache, const Key *key, cairo_surface_t *surface)
{
  Entry *entry = g_hash_table_lookup (cache->entries, key);
  if (entry != NULL)
    drop_entry (cache, entry);
  entry = g_new0 (Entry, 1);
  entry->key = *key;
  entry->surface = surface;
  entry->bytes = (size_t) key->form.side * key->form.side * 4 + sizeof (Entry);
  entry->link.data = entry;
  cache->bytes += entry->bytes;
  g_queue_push_head_link (&cache->lru, &entry->link);
  g_hash_table_insert (cache->entries, &entry->key, entry);
  g_hash_table_insert (cache->any, GUINT_TO_POINTER (key->item), entry);
  while (cache->bytes > cache->max_bytes && cache->lru.length > 1)
    drop_entry (cache, cache->lru.tail->data);
}

static gboolean
deliver_cb (gpointer data)
{
  PlePictureCache *cache = data;
  g_autoptr (GPtrArray) done = g_ptr_array_new ();
  g_mutex_lock (&cache->mutex);
  GPtrArray *swap = cache->done;
  cache->done = done;
  done = swap;
  cache->idle = 0;
  g_mutex_unlock (&cache->mutex);

  for (guint i = 0; i < done->len; i++)
    {
      Request *request = g_ptr_array_index (done, i);
      if (request->generation == cache->generation)
        {
          g_hash_table_remove (cache->requests, &request->key);
          if (request->surface != NULL)
            keep (cache, &request->key, g_steal_pointer (&request->surface));
        }
      request_free (request);
    }
  g_object_ref (cache);
  g_signal_emit (cache, updated_signal, 0);
  g_object_unref (cache);
  return G_SOURCE_REMOVE;
}

static void
ple_picture_cache_finalize (GObject *object)
{
  PlePictureCache *cache = PLE_PICTURE_CACHE (object);
  g_mutex_lock (&cache->mutex);
  cache->quit = TRUE;
  g_cond_broadcast (&cache->cond);
  g_mutex_unlock (&cache->mutex);
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (cache->threads[i]);
  if (cache->idle != 0)
    g_source_remove (cache->idle);
  for (guint i = 0; i < cache->done->len; i++)
    request_free (g_ptr_array_index (cache->done, i));
  g_ptr_array_unref (cache->done);
  for (GList *link; (link = g_queue_pop_head_link (&cache->queue)) != NULL;)
    request_free (link->data);
  while (cache->lru.tail != NULL)
    drop_entry (cache, cache->lru.tail->data);
  g_hash_table_unref (cache->entries);
  g_hash_table_unref (cache->any);
  g_hash_table_unref (cache->requests);
  if (cache->destroy != NULL)
    cache->destroy (cache->data);
  g_mutex_clear (&cache->mutex);
  g_cond_clear (&cache->cond);
  G_OBJECT_CLASS (ple_picture_cache_parent_class)->finalize (object);
}

static void
ple_picture_cache_class_init (PlePictureCacheClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ple_picture_cache_finalize;
  updated_signal = g_signal_new ("updated", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, NULL, G_TYPE_NONE, 0);
}

static void
ple_picture_cache_init (PlePictureCache *cache)
{
  cache->entries = g_hash_table_new (key_hash, key_equal);
  cache->any = g_hash_table_new (NULL, NULL);
  cache->requests = g_hash_table_new (key_hash, key_equal);
  cache->done = g_ptr_array_new ();
  g_queue_init (&cache->queue);
  g_queue_init (&cache->lru);
  g_mutex_init (&cache->mutex);
  g_cond_init (&cache->cond);
}

PlePictureCache *
ple_picture_cache_new (PlePictureFunc func, gpointer data, GDestroyNotify destroy, size_t max_bytes)
{
  PlePictureCache *cache = g_object_new (PLE_TYPE_PICTURE_CACHE, NULL);
  cache->func = func;
  cache->data = data;
  cache->destroy = destroy;
  cache->max_bytes = max_bytes;
  for (guint i = 0; i < N_THREADS; i++)
    cache->threads[i] = g_thread_new ("ple-picture", run, cache);
  return cache;
}

/* Drawing an image sends it to the display server every time; a surface there is only copied. */
static void
move_to_server (Entry *entry, GtkWidget *widget)
{
  int side = entry->key.form.side, ratio = gtk_widget_get_scale_factor (widget);
  if (side % ratio != 0)
    return;
  cairo_surface_t *surface = gdk_window_create_similar_surface (
      gtk_widget_get_window (widget), CAIRO_CONTENT_COLOR_ALPHA, side / ratio, side / ratio);
  cairo_surface_set_device_scale (surface, 1, 1);
  cairo_t *cr = cairo_create (surface);
  cairo_set_operator (cr, CAIRO_OPERATOR_SOURCE);
  cairo_set_source_surface (cr, entry->surface, 0, 0);
  cairo_paint (cr);
  cairo_destroy (cr);
  cairo_surface_destroy (entry->surface);
  entry->surface = surface;
  entry->on_server = TRUE;
}

cairo_surface_t *
ple_picture_cache_lookup (PlePictureCache *cache,
                          GtkWidget *widget,
                          guint32 item,
                          PlePictureForm form)
{
  Key key = { item, form };
  Entry *entry = g_hash_table_lookup (cache->entries, &key);
  if (entry == NULL)
    return NULL;
  if (cache->lru.head != &entry->link)
    {
      g_queue_unlink (&cache->lru, &entry->link);
      g_queue_push_head_link (&cache->lru, &entry->link);
    }
  if (!entry->on_server && widget != NULL && gtk_widget_get_realized (widget))
    move_to_server (entry, widget);
  return entry->surface;
}

cairo_surface_t *
ple_picture_cache_lookup_any (PlePictureCache *cache, guint32 item, guint *side)
{
  Entry *entry = g_hash_table_lookup (cache->any, GUINT_TO_POINTER (item));
  if (entry == NULL)
    return NULL;
  *side = entry->key.form.side;
  return entry->surface;
}

void
ple_picture_cache_request (PlePictureCache *cache,
                           gconstpointer client,
                           guint32 item,
                           PlePictureForm form)
{
  Key key = { item, form };
  if (form.side == 0 || g_hash_table_contains (cache->entries, &key) ||
      g_hash_table_contains (cache->requests, &key))
    return;
  Request *request = g_new0 (Request, 1);
  request->key = key;
  request->client = client;
  request->generation = cache->generation;
  request->link.data = request;
  g_hash_table_insert (cache->requests, &request->key, request);
  g_mutex_lock (&cache->mutex);
  g_queue_push_head_link (&cache->queue, &request->link);
  g_cond_signal (&cache->cond);
  g_mutex_unlock (&cache->mutex);
}

void
ple_picture_cache_retract (PlePictureCache *cache, gconstpointer client)
{
  g_mutex_lock (&cache->mutex);
  for (GList *link = cache->queue.head, *next; link != NULL; link = next)
    {
      Request *request = link->data;
      next = link->next;
      if (client != NULL && request->client != client)
        continue;
      g_queue_unlink (&cache->queue, link);
      if (request->generation == cache->generation)
        g_hash_table_remove (cache->requests, &request->key);
      request_free (request);
    }
  g_mutex_unlock (&cache->mutex);
}

gboolean
ple_picture_cache_is_busy (PlePictureCache *cache, gconstpointer client)
{
  GHashTableIter iter;
  gpointer value;
  g_hash_table_iter_init (&iter, cache->requests);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((Request *) value)->client == client)
      return TRUE;
  return FALSE;
}

void
ple_picture_cache_clear (PlePictureCache *cache)
{
  ple_picture_cache_retract (cache, NULL);
  /* What the threads are at now belongs to the old items and will be thrown away. */
  cache->generation++;
  g_hash_table_remove_all (cache->requests);
  while (cache->lru.tail != NULL)
    drop_entry (cache, cache->lru.tail->data);
}

size_t
ple_picture_cache_get_bytes (PlePictureCache *cache)
{
  return cache->bytes;
}
