#include "index.h"

#include <stdlib.h>
#include <string.h>

#include "allocation.h"

struct text entry_key(const struct entry *entry)
{
    return (struct text){entry->key, entry->size};
}

static void append(struct entries *entries, struct entry *entry)
{
    entries->list =
        with_room_for_one(entries->list, entries->count, &entries->room, sizeof entries->list[0]);
    entries->list[entries->count++] = entry;
}

bool index_is_sorted(const struct index *index)
{
    return index->added.count == 0;
}

void index_add(struct index *index, struct entry *entry)
{
    struct entries *sorted = &index->sorted;
    bool comes_in_order = index_is_sorted(index);
    if (comes_in_order && sorted->count > 0) {
        const struct entry *last = sorted->list[sorted->count - 1];
        comes_in_order = text_compare(entry_key(last), entry_key(entry)) < 0;
    }
    append(comes_in_order ? sorted : &index->added, entry);
}

static int by_key(const void *one, const void *other)
{
    return text_compare(
        entry_key(*(struct entry *const *)one), entry_key(*(struct entry *const *)other));
}

/* How many of the first `count` entries are before this key, or not behind it if `equal_too`.
   With `beginning` only the first bytes of each are compared, as many as the key has. */
static size_t search(
    const struct entries *entries, size_t count, struct text key, bool equal_too, bool beginning)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct text found = entry_key(entries->list[middle]);
        if (beginning && found.size > key.size)
            found.size = key.size;
        int order = text_compare(found, key);
        if (order < 0 || (equal_too && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void index_sort(struct index *index)
{
    struct entries *sorted = &index->sorted, *added = &index->added;
    qsort(added->list, added->count, sizeof added->list[0], by_key);
    size_t before = sorted->count, end = before + added->count;
    if (sorted->room < end) {
        sorted->room = end + end / 4;
        sorted->list = reallocated(sorted->list, sorted->room * sizeof sorted->list[0]);
    }
    sorted->count = end;
    /* From the last one on, each with all that belongs behind it, so that every entry moves
       once. */
    for (size_t left = added->count; left > 0; left--) {
        struct entry *entry = added->list[left - 1];
        size_t place = search(sorted, before, entry_key(entry), false, false);
        memmove(
            sorted->list + place + left, sorted->list + place,
            (before - place) * sizeof sorted->list[0]);
        sorted->list[place + left - 1] = entry;
        before = place;
    }
    added->count = 0;
}

static void sweep(struct entries *entries)
{
    size_t kept = 0;
    for (size_t at = 0; at < entries->count; at++) {
        if (entries->list[at]->object != NULL)
            entries->list[kept++] = entries->list[at];
    }
    entries->count = kept;
}

void index_sweep(struct index *index)
{
    sweep(&index->sorted);
    sweep(&index->added);
}

void index_clear(struct index *index)
{
    index->sorted.count = 0;
    index->added.count = 0;
}

size_t index_from(const struct index *index, struct text key)
{
    return search(&index->sorted, index->sorted.count, key, false, false);
}

size_t index_behind(const struct index *index, struct text key, bool beginning)
{
    return search(&index->sorted, index->sorted.count, key, true, beginning);
}
