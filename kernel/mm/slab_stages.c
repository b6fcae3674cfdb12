/* Stages 17 and 18: object caches and kmalloc. */
#include <kernel/slab.h>

#include <kernel/cache.h>
#include <kernel/stage.h>
#include <kernel/string.h>

enum { OBJECTS = 200 };

/* What the report hook was told. */
static struct {
	struct cache *cache;
	void *obj;
	enum cache_damage damage;
	u32 count;
} slab_report;

static void slab_report_note(struct cache *c, void *obj, enum cache_damage damage)
{
	slab_report.cache = c;
	slab_report.obj = obj;
	slab_report.damage = damage;
	slab_report.count++;
}

/* Many objects of a size: aligned, apart from each other, and all given back. */
static void slab_check_size(const char *name, size_t size, size_t align, enum cache_flags flags)
{
	static u8 *objects[OBJECTS];
	struct cache *c = cache_create(name, size, align, flags);

	for (u32 i = 0; i < OBJECTS; i++) {
		objects[i] = cache_alloc(c, ALLOC_ZERO);
		EXPECT(objects[i] != NULL);
		EXPECT_EQ((vaddr_t)objects[i] % align, 0u);
		for (size_t b = 0; b < size; b++)
			if (objects[i][b])
				EXPECT_EQ(objects[i][b], 0);
		memset(objects[i], i, size);
	}
	EXPECT_EQ(cache_live_count(c), (u64)OBJECTS);
	for (u32 i = 0; i < OBJECTS; i++) {
		EXPECT_EQ(objects[i][0], (u8)i);
		EXPECT_EQ(objects[i][size - 1], (u8)i);
		cache_free(c, objects[i]);
	}
	EXPECT_EQ(cache_live_count(c), 0u);
	cache_destroy(c);
}

void stage_mm_slab(void)
{
	struct cache *c;
	u8 *obj;

	slab_check_size("stage-24", 24, 8, CACHE_UNCHECKED);
	slab_check_size("stage-100", 100, 64, CACHE_CHECKED);
	slab_check_size("stage-3000", 3000, 16, CACHE_CHECKED);

	c = cache_create("stage-damage", 40, 8, CACHE_CHECKED);
	c->report = slab_report_note;
	memset(&slab_report, 0, sizeof(slab_report));
	obj = cache_alloc(c, 0);
	EXPECT(obj != NULL);

	obj[40] ^= 0xff;
	cache_free(c, obj);
	EXPECT_EQ(slab_report.count, 1u);
	EXPECT_EQ(slab_report.damage, CACHE_OVERRUN);
	EXPECT(slab_report.obj == obj);
	EXPECT_EQ(strcmp(slab_report.cache->name, "stage-damage"), 0);
	EXPECT_EQ(cache_live_count(c), 1u);

	obj[40] ^= 0xff;
	cache_free(c, obj);
	EXPECT_EQ(slab_report.count, 1u);
	EXPECT_EQ(cache_live_count(c), 0u);

	cache_free(c, obj);
	EXPECT_EQ(slab_report.count, 2u);
	EXPECT_EQ(slab_report.damage, CACHE_DOUBLE_FREE);
	EXPECT(slab_report.obj == obj);
	EXPECT_EQ(cache_live_count(c), 0u);
	cache_destroy(c);
}

/* Marks every eighth byte and the last, so that 4 MiB stay quick. */
static void kmalloc_mark(u8 *p, size_t size, u8 mark)
{
	for (size_t i = 0; i < size; i += 8)
		p[i] = mark;
	p[size - 1] = mark;
}

static bool kmalloc_is_marked(const u8 *p, size_t size, u8 mark)
{
	for (size_t i = 0; i < size; i += 8) {
		if (p[i] != mark)
			return false;
	}
	return p[size - 1] == mark;
}

void stage_mm_kmalloc(void)
{
	static const size_t sizes[] = { 1, 8, 9, 24, 64, 65, 200, 500, 1024, 2048, 2049, 4096, 5000,
					65536, 1 << 20, 4 << 20 };
	u8 *p[ARRAY_SIZE(sizes)], *grown;

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		p[i] = kmalloc(sizes[i], 0);
		EXPECT(p[i] != NULL);
		EXPECT_EQ((vaddr_t)p[i] % 8, 0u);
		EXPECT_GE(kmalloc_size(p[i]), sizes[i]);
		kmalloc_mark(p[i], sizes[i], i + 1);
	}
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++)
		EXPECT(kmalloc_is_marked(p[i], sizes[i], i + 1));
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++)
		kfree(p[i]);
	kfree(NULL);

	EXPECT(kmalloc((4UL << 20) + 1, 0) == NULL);

	/* Through caches and into pages, every byte comes along. */
	grown = krealloc(NULL, 8, 0);
	EXPECT(grown != NULL);
	kmalloc_mark(grown, 8, 0x77);
	for (size_t size = 8; size < (1 << 20); size *= 4) {
		grown = krealloc(grown, size * 4, 0);
		EXPECT(grown != NULL);
		EXPECT(kmalloc_is_marked(grown, size, 0x77));
		kmalloc_mark(grown, size * 4, 0x77);
	}
	kfree(grown);

	grown = kzalloc(3000, 0);
	EXPECT(grown != NULL);
	EXPECT(kmalloc_is_marked(grown, 3000, 0));
	kfree(grown);
}
