-- 0063_loose_before.sql
-- Why: blobs that had lost their last file before 0060 wrote it down. Apart from 0060, whose triggers keep writers of artifact_file
-- out until it commits, since this reads all blobs.
insert into blob_loose (blob_id)
select id from blob b where doomed_at is null and not exists (select 1 from artifact_file f where f.blob_id = b.id);
