/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GLib's locks and queues are no functions that the thread sanitizer knows: it would call a race
 * what a GMutex orders. Here they tell it. To be loaded before GLib (LD_PRELOAD, behind libtsan)
 * into a program that was built with -Db_sanitize=thread; of no use anywhere else. */
#include <dlfcn.h>
#include <gio/gio.h>

void __tsan_acquire (void *address);
void __tsan_release (void *address);

/* The function of that name behind this library. POSIX has dlsym() give functions as objects. */
#define REAL(name)                                                                                 \
  static __typeof__ (name) *real;                                                                  \
  if (real == NULL)                                                                                \
  *(void **) &real = dlsym (RTLD_NEXT, #name)

/* --- locks --------------------------------------------------------------------------------- */

void
g_mutex_lock (GMutex *mutex)
{
  REAL (g_mutex_lock);
  real (mutex);
  __tsan_acquire (mutex);
}

gboolean
g_mutex_trylock (GMutex *mutex)
{
  gboolean locked;

  REAL (g_mutex_trylock);
  locked = real (mutex);
  if (locked)
    __tsan_acquire (mutex);
  return locked;
}

void
g_mutex_unlock (GMutex *mutex)
{
  REAL (g_mutex_unlock);
  __tsan_release (mutex);
  real (mutex);
}

void
g_cond_wait (GCond *cond, GMutex *mutex)
{
  REAL (g_cond_wait);
  __tsan_release (mutex);
  real (cond, mutex);
  __tsan_acquire (mutex);
}

gboolean
g_cond_wait_until (GCond *cond, GMutex *mutex, gint64 end_time)
{
  gboolean woken;

  REAL (g_cond_wait_until);
  __tsan_release (mutex);
  woken = real (cond, mutex, end_time);
  __tsan_acquire (mutex);
  return woken;
}

/* --- references ---------------------------------------------------------------------------- */

/* Whoever drops the last one has all before it behind him. */
void
g_object_unref (gpointer object)
{
  REAL (g_object_unref);
  __tsan_release (object);
  __tsan_acquire (object);
  real (object);
}

void
g_bytes_unref (GBytes *bytes)
{
  REAL (g_bytes_unref);
  if (bytes != NULL)
    {
      __tsan_release (bytes);
      __tsan_acquire (bytes);
    }
  real (bytes);
}

void
g_atomic_rc_box_release_full (gpointer box, GDestroyNotify clear)
{
  REAL (g_atomic_rc_box_release_full);
  __tsan_release (box);
  __tsan_acquire (box);
  real (box, clear);
}

/* --- the main loop ------------------------------------------------------------------------- */

typedef struct
{
  GSourceFunc func;
  gpointer data;
  GDestroyNotify notify;
} Call;

static gboolean
call_cb (gpointer data)
{
  Call *call = data;

  __tsan_acquire (call);
  return call->func (call->data);
}

static void
call_free (gpointer data)
{
  Call *call = data;

  __tsan_acquire (call);
  if (call->notify != NULL)
    call->notify (call->data);
  g_free (call);
}

static Call *
call_new (GSourceFunc func, gpointer data, GDestroyNotify notify)
{
  Call *call = g_new (Call, 1);

  *call = (Call){ func, data, notify };
  __tsan_release (call);
  return call;
}

guint
g_idle_add_full (int priority, GSourceFunc func, gpointer data, GDestroyNotify notify)
{
  REAL (g_idle_add_full);
  return real (priority, call_cb, call_new (func, data, notify), call_free);
}

void
g_source_set_callback (GSource *source, GSourceFunc func, gpointer data, GDestroyNotify notify)
{
  REAL (g_source_set_callback);
  /* Sources of libraries have callbacks of other forms. */
  if (func != NULL && source->source_funcs == &g_idle_funcs)
    real (source, call_cb, call_new (func, data, notify), call_free);
  else
    real (source, func, data, notify);
}

/* --- tasks --------------------------------------------------------------------------------- */

typedef struct
{
  GAsyncReadyCallback callback;
  gpointer data;
} Ready;

static void
ready_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Ready *ready = data;

  __tsan_acquire (result);
  ready->callback (source, result, ready->data);
  g_free (ready);
}

GTask *(g_task_new) (gpointer source,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer data)
{
  static GTask *(*real) (gpointer, GCancellable *, GAsyncReadyCallback, gpointer);
  Ready *ready;

  if (real == NULL)
    *(void **) &real = dlsym (RTLD_NEXT, "g_task_new");
  if (callback == NULL)
    return real (source, cancellable, NULL, data);
  ready = g_new (Ready, 1);
  *ready = (Ready){ callback, data };
  return real (source, cancellable, ready_cb, ready);
}

static void
run_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const GTaskThreadFunc *func = g_object_get_data (G_OBJECT (task), "ple-tsan-func");

  __tsan_acquire (task);
  (*func) (task, source, data, cancellable);
  __tsan_release (task);
}

void
g_task_run_in_thread (GTask *task, GTaskThreadFunc func)
{
  REAL (g_task_run_in_thread);
  g_object_set_data_full (G_OBJECT (task), "ple-tsan-func", g_memdup2 (&func, sizeof func), g_free);
  __tsan_release (task);
  real (task, run_in_thread);
}

void
g_task_return_boolean (GTask *task, gboolean result)
{
  REAL (g_task_return_boolean);
  __tsan_release (task);
  real (task, result);
}

void
g_task_return_pointer (GTask *task, gpointer result, GDestroyNotify destroy)
{
  REAL (g_task_return_pointer);
  __tsan_release (task);
  real (task, result, destroy);
}

void
g_task_return_error (GTask *task, GError *error)
{
  REAL (g_task_return_error);
  __tsan_release (task);
  real (task, error);
}
