#include "trace/site.h"

#include <algorithm>
#include <utility>

namespace cotrace::trace {

Site* SiteTable::find(Addr address) {
  auto it = sites_.find(address);
  return it == sites_.end() ? nullptr : &it->second;
}

const Site* SiteTable::find(Addr address) const {
  auto it = sites_.find(address);
  return it == sites_.end() ? nullptr : &it->second;
}

Site& SiteTable::add(Addr address, std::byte original) {
  auto [it, added] = sites_.try_emplace(address, Site{address, original, {}});
  if (added) ++stale_;
  return it->second;
}

bool SiteTable::any_owned() const {
  return sites_.size() != stale_;
}

std::vector<Addr> SiteTable::stale() const {
  std::vector<Addr> out;
  for (const auto& [address, site] : sites_) {
    if (site.owners.empty()) out.push_back(address);
  }
  return out;
}

void SiteTable::add_owner(Site& site, Owner owner) {
  if (site.owners.empty()) --stale_;
  site.owners.push_back(std::move(owner));
}

bool SiteTable::remove_owner(Site& site, PointId point) {
  const auto erased = std::erase_if(site.owners, [&](const Owner& owner) { return owner.point == point; });
  if (erased == 0 || !site.owners.empty()) return false;
  ++stale_;
  return true;
}

void SiteTable::forget_stale(Addr address) {
  auto it = sites_.find(address);
  if (it == sites_.end() || !it->second.owners.empty()) return;
  sites_.erase(it);
  --stale_;
}

void SiteTable::remove_engine(const Engine& engine) {
  for (auto& [address, site] : sites_) {
    const auto erased =
        std::erase_if(site.owners, [&](const Owner& owner) { return owner.engine == &engine; });
    if (erased != 0 && site.owners.empty()) ++stale_;
  }
}

bool SiteTable::overlap(Addr address, std::uint64_t length) const {
  auto it = sites_.lower_bound(address);
  return it != sites_.end() && it->first - address < length;
}

void SiteTable::hide(Addr address, std::span<std::byte> bytes) const {
  for (auto it = sites_.lower_bound(address); it != sites_.end(); ++it) {
    const auto offset = it->first - address;
    if (offset >= bytes.size()) break;
    bytes[offset] = it->second.original;
  }
}

void SiteTable::show(Addr address, std::span<std::byte> bytes) {
  for (auto it = sites_.lower_bound(address); it != sites_.end(); ++it) {
    const auto offset = it->first - address;
    if (offset >= bytes.size()) break;
    it->second.original = std::exchange(bytes[offset], arch::native::breakpoint_instruction);
  }
}

}  // namespace cotrace::trace
