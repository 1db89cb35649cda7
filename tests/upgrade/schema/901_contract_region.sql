-- The contract step to it: goes with what former/901_region.sql alone needs.
DROP TABLE duban.region_former;
