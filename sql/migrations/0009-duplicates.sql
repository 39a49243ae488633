-- Images that are nearly the same, as dataset check found them. They are computed outside of the database: no query of
-- pixels does it in reasonable time.

create table registry.duplicate_search (
    dataset_id   bigint      not null,
    images       integer     not null,
    searched     integer     not null,
    searched_at  timestamptz not null default now(),
    constraint duplicate_search_pkey primary key (dataset_id),
    constraint duplicate_search_dataset_id_fkey
        foreign key (dataset_id) references registry.dataset on delete cascade,
    constraint duplicate_search_searched_check check (searched between 0 and images)
);
comment on table registry.duplicate_search is
    'Data sets whose near duplicates were searched for. A repeated search replaces what the one before it found.';
comment on column registry.duplicate_search.dataset_id is 'The data set.';
comment on column registry.duplicate_search.images is 'Images in it, the same image once.';
comment on column registry.duplicate_search.searched is
    'Those of them that were compared; the others are too small or have too little contrast.';
comment on column registry.duplicate_search.searched_at is 'When the search ended.';

create table registry.near_duplicate (
    dataset_id   bigint           not null,
    sample_id    bigint           not null,
    of_sample_id bigint           not null,
    distance     double precision not null,
    constraint near_duplicate_pkey primary key (dataset_id, sample_id, of_sample_id),
    constraint near_duplicate_dataset_id_fkey
        foreign key (dataset_id) references registry.duplicate_search on delete cascade,
    constraint near_duplicate_sample_id_fkey foreign key (sample_id) references registry.sample on delete cascade,
    constraint near_duplicate_of_sample_id_fkey
        foreign key (of_sample_id) references registry.sample on delete cascade,
    constraint near_duplicate_pair_check check (sample_id <> of_sample_id),
    constraint near_duplicate_distance_check check (distance between 0 and 1)
);
create index near_duplicate_sample_id_index on registry.near_duplicate (sample_id);
create index near_duplicate_of_sample_id_index on registry.near_duplicate (of_sample_id);
comment on table registry.near_duplicate is
    'Pairs of images of a data set that are the same but for a shift by a pixel, brightness, contrast or compression. Of samples with the same image only the first is here: of training before validation before test, then by index.';
comment on column registry.near_duplicate.dataset_id is 'The data set.';
comment on column registry.near_duplicate.sample_id is 'The later sample of the two, in that order.';
comment on column registry.near_duplicate.of_sample_id is 'The earlier one.';
comment on column registry.near_duplicate.distance is
    'Root mean square of what the best shift by at most a pixel, gain and offset leave of the difference in luminance, divided by the standard deviation of the luminance: 0 for nothing.';

create function registry.check_near_duplicates() returns trigger
    language plpgsql
    set search_path = pg_catalog, pg_temp
as $$
declare
    wrong record;
begin
    select added.dataset_id, added.sample_id, added.of_sample_id
      into wrong
      from added
      join registry.dataset using (dataset_id)
      join registry.sample as later on later.sample_id = added.sample_id
      join registry.sample as earlier on earlier.sample_id = added.of_sample_id
     where later.split_id <> all (array[dataset.training_split_id, dataset.test_split_id,
                                        coalesce(dataset.validation_split_id, dataset.test_split_id)])
        or earlier.split_id <> all (array[dataset.training_split_id, dataset.test_split_id,
                                          coalesce(dataset.validation_split_id, dataset.test_split_id)])
        or later.digest = earlier.digest
     limit 1;
    if found then
        raise exception 'data set %: the samples % and % are not two images of it',
                        wrong.dataset_id, wrong.sample_id, wrong.of_sample_id
              using errcode = 'check_violation',
                    schema = 'registry',
                    table = 'near_duplicate',
                    constraint = 'near_duplicate_sample_check';
    end if;
    return null;
end
$$;
comment on function registry.check_near_duplicates() is
    'Refuses pairs that are not of the data set, or are the same image.';

create trigger near_duplicate_sample_check
    after insert on registry.near_duplicate
    referencing new table as added
    for each statement execute function registry.check_near_duplicates();
comment on trigger near_duplicate_sample_check on registry.near_duplicate is
    'Both samples are of the data set, and their images differ.';

create trigger near_duplicate_change_check
    before update on registry.near_duplicate
    for each row
    when (old.* is distinct from new.*)
    execute function registry.refuse_change('near_duplicate_change_check');
comment on trigger near_duplicate_change_check on registry.near_duplicate is 'A search replaces all pairs of a data set.';
